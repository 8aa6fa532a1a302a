/** What the two services send, in the names that the page uses. The shapes come from their OpenAPI documents. */

import type { components as api } from "@/lib/api/generated/api";
import type { components as verification } from "@/lib/api/generated/verification";

export type Role = api["schemas"]["Role"];
export type Session = api["schemas"]["Session"];
export type Project = api["schemas"]["Project"];
export type ProjectPage = api["schemas"]["ProjectPage"];

export type JobState = api["schemas"]["JobState"];
export type Outcome = api["schemas"]["Outcome"];
export type OutcomeCounts = api["schemas"]["JobCounts"];
export type Job = api["schemas"]["Job"];
export type JobPage = api["schemas"]["JobPage"];
export type ReviewPolicy = Job["review_policy"];
export type ReviewOrder = api["schemas"]["ReviewOrder"];
export type ReviewOrderList = api["schemas"]["ReviewOrderList"];
export type JobReport = api["schemas"]["JobReport"];
export type TaskReport = api["schemas"]["TaskReport"];
export type Evaluation = api["schemas"]["Evaluation"];
export type Reliability = api["schemas"]["Reliability"];
export type ConfusionMatrix = api["schemas"]["ConfusionMatrix"];
export type Comparison = api["schemas"]["Comparison"];
export type ComparedTask = api["schemas"]["ComparedTask"];
export type ComparedPair = api["schemas"]["Pair"];
export type Difference = api["schemas"]["Difference"];
export type DifferencePage = api["schemas"]["DifferencePage"];
/** What is asked of a record, by `kind`: single_choice, multiple_choice, span, number, text. */
export type LabelTask = verification["schemas"]["ReviewItemView"]["tasks"][number];
export type SingleChoiceTask = verification["schemas"]["SingleChoiceTask"];
export type MultipleChoiceTask = verification["schemas"]["MultipleChoiceTask"];
export type SpanTask = verification["schemas"]["SpanTask"];
export type NumberTask = verification["schemas"]["NumberTask"];
export type TextTask = verification["schemas"]["TextTask"];
export type LabelSchema = api["schemas"]["LabelSchema"];
export type LabelSchemaPage = api["schemas"]["LabelSchemaPage"];

export type Annotation = api["schemas"]["Annotation"];
export type AnnotationPage = api["schemas"]["AnnotationPage"];
export type AnnotationDetail = api["schemas"]["AnnotationDetail"];

/** What a task was labeled with, by its kind: an option's value, a number, a text, options' values, spans. */
export type LabelValue = api["schemas"]["TaskLabel"]["value"];
export type LabelSpan = api["schemas"]["Span"];

export type ReviewQueue = verification["schemas"]["ReviewQueue"];
export type ReviewQueueList = verification["schemas"]["ReviewQueueList"];
/** A record to decide on. `reservation` fences the decision: only its holder may decide. */
export type ReviewItem = verification["schemas"]["ReviewItemView"];
export type LabelOption = verification["schemas"]["LabelOption"];
export type ReviewReason = ReviewItem["reason"];
export type Suggestion = verification["schemas"]["Suggestion"];
export type Reserved = verification["schemas"]["Reserved"];
export type Decision = verification["schemas"]["DecisionResult"];
export type DecisionRequest = verification["schemas"]["DecisionRequest"];
export type PastDecision = verification["schemas"]["PastDecision"];
export type History = verification["schemas"]["History"];

export type FoundRecord = api["schemas"]["FoundRecord"];
export type FoundPage = api["schemas"]["FoundPage"];
export type Confidences = api["schemas"]["Confidences"];
export type Campaign = api["schemas"]["Campaign"];
export type PassCheck = api["schemas"]["PassCheck"];
export type OpenedRecord = verification["schemas"]["OpenedRecord"];
export type RecordOpinions = verification["schemas"]["RecordOpinions"];
export type OpinionView = verification["schemas"]["OpinionView"];
export type OpinionRequest = verification["schemas"]["OpinionRequest"];
export type BulkAct = verification["schemas"]["BulkAct"];
export type BulkAsk = verification["schemas"]["BulkAsk"];
export type BulkCheck = verification["schemas"]["BulkCheck"];
export type BulkRequest = verification["schemas"]["BulkRequest"];
