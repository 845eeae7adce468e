/** The API from the other side: typed methods, and errors with the codes that the server gave. */
import { type EventId, toBase64url } from '@chirograph/codec'
import type { Anchor, Genesis } from '@chirograph/status'
import { readDiscovery, unreachable } from './discovery.js'
import { waitMsMax } from './limits.js'
import { ndjson, valuesOfLines } from './ndjson.js'
import { type ApiError, errorOfProblem } from './problem.js'
import type {
  ApplicationAnswer,
  BatchAnswer,
  ChangeAnswer,
  CredentialAnswer,
  CredentialSummary,
  DryRunAnswer,
  EventAnswer,
  ForksAnswer,
  IssueLine,
  IssueProgress,
  LoggedEventAnswer,
  MeasureAnswer,
  MembershipAnswer,
  NodeAnswer,
  PublishAnswer,
  SalvageAnswer,
  StandingAnswer,
  VerifyAnswer,
} from './wire.js'

/** One of three forms of a cohort; see the README. */
export type CohortSource = (
  | { readonly csv: string }
  | { readonly rows: readonly unknown[] }
  | { readonly json: unknown }
) & {
  /** Issue people too who were given exactly this before; else `NODE_ALREADY_ISSUED`. */
  readonly again?: boolean
}

/** A credential id, handle or learner id; the credential itself; or a handle in hex with its position. */
export type TargetSource =
  | string
  | { readonly credential: unknown }
  | { readonly handle: string; readonly position?: number | null }

export type ChangeSource =
  | { readonly kind: 'revoke'; readonly credentials: readonly TargetSource[]; readonly reason?: string }
  | {
      readonly kind: 'suspend'
      readonly credentials: readonly TargetSource[]
      readonly reason?: string
      readonly untilMs?: number
    }
  | { readonly kind: 'reinstate'; readonly credentials: readonly TargetSource[] }

/** Which events to tell; as in the node's `EventQuery`, with bytes in hex. */
export interface EventsSource {
  readonly from?: string | undefined
  readonly issuer?: string | undefined
  readonly kind?: string | undefined
  readonly handle?: string | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  /** Wait for more when all has been told. */
  readonly live?: boolean | undefined
}

export interface Call {
  readonly signal?: AbortSignal | undefined
}

export interface ApiClient {
  readonly url: string
  node(call?: Call): Promise<NodeAnswer>
  anchor(call?: Call): Promise<Anchor>
  genesis(call?: Call): Promise<Genesis>
  /** Says what a cohort would become, and issues nothing. */
  checkCohort(cohort: CohortSource, call?: Call): Promise<DryRunAnswer>
  /** Issues; credentials are handed over one by one as they arrive. */
  issue(
    cohort: CohortSource,
    options: Call & {
      readonly onProgress?: (progress: IssueProgress) => void
      readonly onCredential: (credential: CredentialAnswer) => void | Promise<void>
    },
  ): Promise<BatchAnswer[]>
  change(change: ChangeSource, call?: Call): Promise<ChangeAnswer>
  /** `body` is an event's body in JSON, bytes in hex. */
  publish(body: unknown, call?: Call): Promise<PublishAnswer>
  event(id: EventId, call?: Call): Promise<EventAnswer>
  /** Each with the cursor that resumes behind it; ends when all are told, or with `live` when the node stops. */
  events(source?: EventsSource & Call): AsyncIterable<LoggedEventAnswer>
  /** Waits until the event is final, for as long as the signal allows. */
  waitFinal(id: EventId, call?: Call): Promise<Extract<EventAnswer, { state: 'final' }>>
  credentials(
    options?: Call & { readonly query?: string; readonly limit?: number },
  ): AsyncIterable<CredentialSummary>
  /** Whole credentials and their receipts, as `issue` handed them over: of a batch event, or all that were issued. */
  wholeCredentials(options?: Call & { readonly batch?: string | undefined }): AsyncIterable<CredentialAnswer>
  findCredentials(key: string, call?: Call): Promise<readonly CredentialAnswer[]>
  /** The bytes of a status proof. */
  prove(
    target: { readonly key: string } | { readonly credential: unknown; readonly receipt?: unknown },
    call?: Call,
  ): Promise<Uint8Array>
  verify(
    credential: unknown,
    options?: Call & {
      readonly proof?: Uint8Array | undefined
      readonly receipt?: unknown
      readonly maxAgeSeconds?: number | undefined
    },
  ): Promise<VerifyAnswer>
  /** Whose log forked, and how far that is dealt with. */
  forks(call?: Call): Promise<ForksAnswer>
  rotateKey(call?: Call): Promise<PublishAnswer>
  /** `org` is 64 hex characters. */
  approveRecovery(
    recovery: { readonly org: string; readonly rotation?: string | undefined },
    call?: Call,
  ): Promise<PublishAnswer>
  salvage(org: string, call?: Call): Promise<SalvageAnswer>
  /** Who takes part and who votes. */
  members(call?: Call): Promise<MembershipAnswer>
  /** How the application stands that an event brought; `API_NO_SUCH_APPLICATION`. */
  application(event: string, call?: Call): Promise<ApplicationAnswer>
  /** `application` with its bytes in hex. */
  applyFor(
    application: { readonly application: unknown; readonly probationMs?: number | undefined },
    call?: Call,
  ): Promise<PublishAnswer>
  approveMember(application: string, call?: Call): Promise<PublishAnswer>
  /** `org` is 64 hex characters. */
  evict(org: string, call?: Call): Promise<PublishAnswer>
  joinValidators(call?: Call): Promise<PublishAnswer>
  leaveValidators(call?: Call): Promise<PublishAnswer>
  commitConsensusKey(call?: Call): Promise<PublishAnswer>
  rotateConsensusKey(call?: Call): Promise<PublishAnswer>
  /** Says that a log key was stolen; `org` where it is not this institution's. */
  tellTheft(
    theft: { readonly generation: number; readonly sinceHeight: number; readonly org?: string | undefined },
    call?: Call,
  ): Promise<PublishAnswer>
  /** Stands by batches; without any by all that the node issued and that are contested. */
  reaffirm(batches: readonly string[] | undefined, call?: Call): Promise<PublishAnswer>
  /** `measure` is the body of its event with bytes in hex. */
  propose(measure: object, call?: Call): Promise<PublishAnswer>
  approveMeasure(proposal: string, call?: Call): Promise<PublishAnswer>
  withdrawApproval(proposal: string, call?: Call): Promise<PublishAnswer>
  carryOut(proposal: string, call?: Call): Promise<PublishAnswer>
  /** How a measure stands; `API_NO_SUCH_MEASURE`. */
  measure(proposal: string, call?: Call): Promise<MeasureAnswer>
  recognise(recognition: object, call?: Call): Promise<PublishAnswer>
  endRecognition(org: string, call?: Call): Promise<PublishAnswer>
  /** `act` is the body of its event with bytes in hex. */
  actAsCustodian(act: object, call?: Call): Promise<PublishAnswer>
  /** How an institution stands; `API_NO_SUCH_MEMBER`. */
  standing(org: string, call?: Call): Promise<StandingAnswer>
  stop(call?: Call): Promise<void>
}

/** A client of the node that runs on a data directory, or of a known address. `API_UNREACHABLE`. */
export async function createApiClient(
  where: { readonly dataDir: string } | { readonly url: string; readonly token: string },
): Promise<ApiClient> {
  const { url, token } = 'dataDir' in where ? await readDiscovery(where.dataDir) : where
  const ask = (asked: Asked): Promise<Response> => request({ url, token }, asked)
  // The server of this package made what is read here; its version is in the path.
  const read = async <T>(asked: Asked): Promise<T> => (await (await ask(asked)).json()) as T

  return {
    url,
    node: (call) => read({ path: '/v1/node', ...call }),
    anchor: (call) => read({ path: '/v1/anchor', ...call }),
    genesis: (call) => read({ path: '/v1/genesis', ...call }),
    checkCohort: (cohort, call) => read({ path: '/v1/batches', body: { ...cohort, dryRun: true }, ...call }),

    async issue(cohort, { onProgress = () => {}, onCredential, ...call }) {
      const answer = await ask({ path: '/v1/batches', body: cohort, accept: ndjson, ...call })
      const batches: BatchAnswer[] = []
      for await (const value of linesOf(answer)) {
        const line = value as IssueLine // as above
        if ('progress' in line) onProgress(line.progress)
        else if ('batch' in line) batches.push(line.batch)
        else if ('credential' in line) await onCredential(line.credential)
        else if ('problem' in line) throw errorOfProblem(line.problem, 500)
        else return batches
      }
      throw cutOff()
    },

    change: (change, call) => read({ path: '/v1/changes', body: change, ...call }),
    publish: (body, call) => read({ path: '/v1/events', body, ...call }),
    event: (id, call) => read({ path: `/v1/events/${id}`, ...call }),

    async *events({ signal, ...source } = {}) {
      const given = Object.entries(source).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      )
      const answer = await ask({ path: `/v1/events?${new URLSearchParams(given)}`, accept: ndjson, signal })
      for await (const value of linesOf(answer)) {
        const line = value as LoggedEventAnswer | { readonly problem: unknown } // as above
        if ('problem' in line) throw errorOfProblem(line.problem, 500)
        yield line
      }
    },

    async waitFinal(id, call) {
      for (;;) {
        call?.signal?.throwIfAborted()
        const path = `/v1/events/${id}?wait=final&timeoutMs=${waitMsMax}`
        const answer = await read<EventAnswer>({ path, ...call })
        if (answer.state === 'final') return answer
      }
    },

    async *credentials({ query, limit, ...call } = {}) {
      const parameters = new URLSearchParams({
        ...(query !== undefined && { query }),
        ...(limit !== undefined && { limit: String(limit) }),
      })
      const answer = await ask({ path: `/v1/credentials?${parameters}`, ...call })
      for await (const value of linesOf(answer)) yield value as CredentialSummary // as above
    },

    async *wholeCredentials({ batch, ...call } = {}) {
      const parameters = new URLSearchParams({ whole: 'true', ...(batch !== undefined && { batch }) })
      const answer = await ask({ path: `/v1/credentials?${parameters}`, accept: ndjson, ...call })
      for await (const value of linesOf(answer)) yield value as CredentialAnswer // as above
    },

    async findCredentials(key, call) {
      const path = `/v1/credentials/${encodeURIComponent(key)}`
      return (await read<{ credentials: CredentialAnswer[] }>({ path, ...call })).credentials
    },

    async prove(target, call) {
      const answer = await ask({ path: '/v1/proofs', body: target, ...call })
      return new Uint8Array(await answer.arrayBuffer())
    },

    verify(credential, { proof, receipt, maxAgeSeconds, ...call } = {}) {
      const body = {
        credential,
        ...(proof && { proof: toBase64url(proof) }),
        ...(receipt !== undefined && { receipt }),
        ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
      }
      return read({ path: '/v1/verify', body, ...call })
    },

    forks: (call) => read({ path: '/v1/forks', ...call }),
    rotateKey: (call) => read({ path: '/v1/key-rotations', body: {}, ...call }),
    approveRecovery: (recovery, call) => read({ path: '/v1/recovery-approvals', body: recovery, ...call }),
    salvage: (org, call) => read({ path: '/v1/salvages', body: { org }, ...call }),
    members: (call) => read({ path: '/v1/members', ...call }),
    application: (event, call) => read({ path: `/v1/applications/${encodeURIComponent(event)}`, ...call }),
    applyFor: (application, call) => read({ path: '/v1/applications', body: application, ...call }),
    approveMember: (application, call) =>
      read({ path: '/v1/member-approvals', body: { application }, ...call }),
    evict: (org, call) => read({ path: '/v1/evictions', body: { org }, ...call }),
    joinValidators: (call) => read({ path: '/v1/votes/join', body: {}, ...call }),
    leaveValidators: (call) => read({ path: '/v1/votes/leave', body: {}, ...call }),
    commitConsensusKey: (call) => read({ path: '/v1/consensus-key-commitments', body: {}, ...call }),
    rotateConsensusKey: (call) => read({ path: '/v1/consensus-key-rotations', body: {}, ...call }),

    tellTheft: (theft, call) => read({ path: '/v1/thefts', body: theft, ...call }),
    reaffirm: (batches, call) =>
      read({ path: '/v1/reaffirmations', body: batches === undefined ? {} : { batches }, ...call }),
    propose: (measure, call) => read({ path: '/v1/measures', body: measure, ...call }),
    approveMeasure: (proposal, call) => read({ path: '/v1/measure-approvals', body: { proposal }, ...call }),
    withdrawApproval: (proposal, call) =>
      read({ path: '/v1/measure-withdrawals', body: { proposal }, ...call }),
    carryOut: (proposal, call) => read({ path: '/v1/measure-executions', body: { proposal }, ...call }),
    measure: (proposal, call) => read({ path: `/v1/measures/${encodeURIComponent(proposal)}`, ...call }),
    recognise: (recognition, call) => read({ path: '/v1/recognitions', body: recognition, ...call }),
    endRecognition: (org, call) => read({ path: '/v1/recognition-ends', body: { org }, ...call }),
    actAsCustodian: (act, call) => read({ path: '/v1/custody', body: act, ...call }),
    standing: (org, call) => read({ path: `/v1/members/${encodeURIComponent(org)}`, ...call }),

    async stop(call) {
      await read({ path: '/v1/stop', body: {}, ...call })
    },
  }
}

interface Asked extends Call {
  readonly path: string
  /** With a body it is a POST. */
  readonly body?: unknown
  readonly accept?: string
}

async function request(
  { url, token }: { readonly url: string; readonly token: string },
  { path, body, accept = 'application/json', signal }: Asked,
): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept,
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  } catch (cause) {
    signal?.throwIfAborted()
    throw unreachable(
      `no node answers at ${url}`,
      'start it with chirograph start; if it runs, look at its log',
      cause,
    )
  }
  if (answer.ok) return answer
  throw errorOfProblem(await answer.json().catch(() => undefined), answer.status)
}

function linesOf(answer: Response): AsyncIterable<unknown> {
  if (answer.body === null) throw cutOff()
  // In Node a web stream can be iterated; the DOM's types do not say so.
  return valuesOfLines(untilCutOff(answer.body as unknown as AsyncIterable<Uint8Array>))
}

/** A connection that ends in the middle is reported by `fetch` as a `TypeError`, and as the signal's reason when that aborts. */
async function* untilCutOff(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* chunks
  } catch (cause) {
    throw cause instanceof TypeError ? cutOff(cause) : cause
  }
}

function cutOff(cause?: unknown): ApiError {
  return unreachable(
    'the node ended its answer too early, and may have done what it was asked for in part or whole',
    'see with chirograph status whether it still runs, and look at what it did before you ask again',
    cause,
  )
}
