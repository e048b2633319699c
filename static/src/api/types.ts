// Short names for the generated types. Nothing here is written by hand twice.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type TaskRun = Schemas["TaskRun"];
export type TaskRunPage = Schemas["TaskRunPage"];
export type TaskRunRequest = Schemas["TaskRunRequest"];
export type TaskBody = Schemas["TaskBody"];
export type RunError = Schemas["RunError"];
export type RunResult = Schemas["RunResult"];
export type LeaseInfo = Schemas["LeaseInfo"];
export type EventRecord = Schemas["EventRecord"];
export type EventPage = Schemas["EventPage"];
export type ControlRequest = Schemas["ControlRequest"];
export type ArtifactInfo = Schemas["ArtifactInfo"];
export type ArtifactList = Schemas["ArtifactList"];
export type WorkerInfo = Schemas["WorkerInfo"];
export type WorkerList = Schemas["WorkerList"];
export type Problem = Schemas["Problem"];
export type FieldError = Schemas["FieldError"];
export type WorkerRun = Schemas["WorkerRun"];
export type DrainInfo = Schemas["DrainInfo"];
export type DrainList = Schemas["DrainList"];
export type DrainRequest = Schemas["DrainRequest"];
export type DeadLetterGroup = Schemas["DeadLetterGroup"];
export type DeadLetterPage = Schemas["DeadLetterPage"];
export type RedriveRequest = Schemas["RedriveRequest"];
export type RedriveAnswer = Schemas["RedriveAnswer"];
export type Me = Schemas["Me"];
export type SignInRequest = Schemas["SignInRequest"];
export type TokenInfo = Schemas["TokenInfo"];
export type TokenPage = Schemas["TokenPage"];
export type TokenRequest = Schemas["TokenRequest"];
export type NewTokenInfo = Schemas["NewTokenInfo"];
export type PlacementInfo = Schemas["PlacementInfo"];
export type WorkerVerdict = Schemas["WorkerVerdict"];
