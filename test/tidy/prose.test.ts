import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { equal, suite } from '../../packages/workspace/kit.ts'
import { readText, root } from '../../packages/workspace/packages.ts'

/** Written so that this file does not hold what it looks for. */
const MACHINE_PATH = /(?<![\w.])\/(?:wor[k]|roo[t]|tm[p])\//
const REGISTRY_HOST = /\/\/registry\.|\bnp[m]js\.|\byar[n]pkg\./
const isTest = (path: string): boolean => /(^|\/)test\//.test(path)
const isText = (path: string): boolean =>
  /\.(ts|tsx|js|mjs|cjs|json|md|yaml|yml|html|css|sh)$|(^|\/)[^.]+$|rc$/.test(path)

suite('committed files', (it) => {
  const tracked = trackedFiles()
  const linesWith = (pattern: RegExp, paths: readonly string[]): readonly string[] =>
    paths.flatMap((path) =>
      readText(path)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    )

  const check = tracked ? it : (title: string, body: () => void) => it.skip(title, 'not a git checkout', body)
  const texts = (tracked ?? []).filter(isText)

  check('hold no path of the machine they were written on', () => {
    equal(
      linesWith(
        MACHINE_PATH,
        texts.filter((path) => !isTest(path)),
      ),
      [],
    )
  })

  check('name no package registry', () => equal(linesWith(REGISTRY_HOST, texts), []))

  check('have links that lead to files', () => {
    const pages = (tracked ?? []).filter((path) => /^(packages\/[^/]+\/)?[^/]+\.md$/.test(path))
    equal(pages.flatMap(brokenLinksIn), [])
  })
})

/** What is committed or would be, or nothing outside of a git checkout. */
function trackedFiles(): readonly string[] | undefined {
  if (!existsSync(join(root, '.git'))) return undefined
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 })
  return [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(join(root, path)))
}

/** Links outside of code to something that is not an address or a place on the same page. */
function brokenLinksIn(page: string): readonly string[] {
  const prose = readText(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)]
  const referenced = [...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)]
  return [...inline, ...referenced]
    .map((found) => found[1] ?? '')
    .filter((target) => !/^([a-z][a-z+.-]*:|#)/i.test(target))
    .filter(
      (target) => !existsSync(join(root, dirname(page), decodeURIComponent(target.replace(/[#?].*$/, '')))),
    )
    .map((target) => `${page} links to ${target}`)
}
