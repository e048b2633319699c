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
