import { request } from "@/lib/api/request";
import type { Job } from "@/lib/api/types";

export type JobChange = "pause" | "resume" | "go" | "cancel";

export const changeJob = (jobId: string, change: JobChange): Promise<Job> => request<Job>(`/api/v1/jobs/${jobId}/${change}`, { method: "POST" });
