/** The node over loopback HTTP, and a client. */
export {
  type ApiClient,
  type Call,
  type ChangeSource,
  type CohortSource,
  createApiClient,
  type EventsSource,
  type TargetSource,
} from './client.js'
export { type Discovery, discoveryFile, readDiscovery } from './discovery.js'
export { ApiError, type Problem, type ProblemDetail } from './problem.js'
export { statusProofType } from './proof-routes.js'
export { type ApiOptions, createApiServer, type RunningApi, startApi } from './server.js'
export type {
  ApplicationAnswer,
  BatchAnswer,
  ChangeAnswer,
  CredentialAnswer,
  CredentialSummary,
  DryRunAnswer,
  EventAnswer,
  ForksAnswer,
  IssueAnswer,
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
