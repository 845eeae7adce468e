/** The client alone: a program that talks to a node need not load a server. */
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
