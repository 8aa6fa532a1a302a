import { request } from "@/lib/api/request";
import type { Session } from "@/lib/api/types";

export type Credential = { login_token: string } | { api_key: string };

/** Exchanges a one-time login token or an API key for a session cookie. */
export const logIn = (credential: Credential): Promise<Session> => request<Session>("/api/v1/sessions", { method: "POST", body: credential });
