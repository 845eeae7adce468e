/** A program that asks a pool once and never stops it. */
import { createVerifyPool } from '@chirograph/crypto-native'
import { jobs } from './judged-jobs.ts'

const pool = createVerifyPool({ threads: 2 })
const poll = setInterval(() => {
  if (pool.status().threads < 2) return
  clearInterval(poll)
  console.log('up')
  pool.verify(jobs(300)).then((verdicts) => console.log(`answered ${verdicts.length}`))
}, 2)
