import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { request } from "@/lib/api/request";
import type { BulkAct, BulkAsk, BulkCheck, BulkRequest, Campaign, Confidences, FoundPage, Job, OpenedRecord, PassCheck } from "@/lib/api/types";

const pageSize = 100;
const api = "/api/v1/jobs";
const review = "/verification/v1/jobs";
const post = <Result>(path: string, body: unknown, signal?: AbortSignal) => request<Result>(path, { method: "POST", body, signal });
const asked = (where: string) => (where === "" ? {} : { where });

/** The records that an expression matches, page after page; an empty one matches all. */
export const recordsQuery = (jobId: string, where: string, order: string) =>
  infiniteQueryOptions({
    queryKey: ["records", jobId, where, order],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => post<FoundPage>(`${api}/${jobId}/find`, { ...asked(where), order, after: pageParam, limit: pageSize, metadata: true }, signal),
    getNextPageParam: (page) => page.next ?? null,
    staleTime: 10_000,
    retry: false, // an expression that was not understood stays so
  });

/** How many records match: exactly up to 10,000. */
export const countQuery = (jobId: string, where: string) =>
  queryOptions({
    queryKey: ["records", jobId, where, "count"],
    queryFn: ({ signal }) => post<FoundPage>(`${api}/${jobId}/find`, { ...asked(where), limit: 0, count: "quick" }, signal),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });

export const confidencesQuery = (jobId: string, where: string) =>
  queryOptions({
    queryKey: ["records", jobId, where, "confidences"],
    queryFn: ({ signal }) => post<Confidences>(`${api}/${jobId}/find/confidences`, asked(where), signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });

export const openedQuery = (jobId: string, seq: number) =>
  queryOptions({
    queryKey: ["opened", jobId, seq],
    queryFn: ({ signal }) => request<OpenedRecord>(`${review}/${jobId}/records/${seq}`, { signal }),
    staleTime: 0,
    retry: false,
  });

export const checkAct = (jobId: string, ask: BulkAsk) => post<BulkCheck>(`${review}/${jobId}/acts/check`, ask);
export const beginAct = (jobId: string, act: BulkRequest) => post<BulkAct>(`${review}/${jobId}/acts`, act);
export const undoAct = (jobId: string, actId: string) => post<BulkAct>(`${review}/${jobId}/acts/${actId}/undo`, {});

const isWorking = (act: BulkAct | undefined): boolean => act?.state === "running" || act?.state === "undoing";

/** A bulk act and its progress. */
export const actQuery = (jobId: string, actId: string) =>
  queryOptions({
    queryKey: ["act", jobId, actId],
    queryFn: ({ signal }) => request<BulkAct>(`${review}/${jobId}/acts/${actId}`, { signal }),
    refetchInterval: ({ state }) => (isWorking(state.data) ? 700 : false),
  });

export const sendToReview = (jobId: string, selection: { where: string } | { seqs: number[] }) =>
  post<Campaign>(`${api}/${jobId}/campaigns`, { strategy: "chosen", name: "Chosen in the table", selection });
export const countForReview = (jobId: string, selection: { where: string } | { seqs: number[] }) =>
  post<{ picked: number; would_ask: number; waiting: number; queued: number; decided: number }>(`${api}/${jobId}/campaigns/count`, { strategy: "chosen", name: "Chosen in the table", selection });
export const closeCampaign = (jobId: string, campaignId: string) => post<Campaign>(`${api}/${jobId}/campaigns/${campaignId}/close`, {});

export type RunAgain = { include_verified: boolean } & ({ where: string } | { record_ids: string[] });
export const checkPass = (jobId: string, again: RunAgain) => post<PassCheck>(`${api}/${jobId}/passes/check`, again);
export const runAgain = (jobId: string, again: RunAgain) => post<Job>(`${api}/${jobId}/passes`, again);
