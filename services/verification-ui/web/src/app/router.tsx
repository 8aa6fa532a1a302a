import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { NotFoundPage, PageError } from "@/app/pages";
import { queryClient, whenLoggedOut } from "@/app/query-client";
import { Shell } from "@/app/shell/shell";
import type { CompareView } from "@/features/compare/compare-page";
import { readJobView } from "@/features/job/annotation-filter";
import { readRecordsView } from "@/features/records/records-view";
import { Problem } from "@/lib/api/problem";
import { setSessionOver } from "@/lib/session-over";
import { sessionQuery } from "@/lib/session";

// Each page comes with what it alone needs when somebody opens it.
const ComparePage = lazyRouteComponent(() => import("@/features/compare/compare-page"), "ComparePage");
const JobPage = lazyRouteComponent(() => import("@/features/job/job-page"), "JobPage");
const JobsPage = lazyRouteComponent(() => import("@/features/jobs/jobs-page"), "JobsPage");
const RecordsPage = lazyRouteComponent(() => import("@/features/records/records-page"), "RecordsPage");
const SchemasPage = lazyRouteComponent(() => import("@/features/schemas/schemas-page"), "SchemasPage");
const LoginPage = lazyRouteComponent(() => import("@/features/session/login-page"), "LoginPage");
const ReviewPage = lazyRouteComponent(() => import("@/features/review/review-page"), "ReviewPage");

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
/** Only paths of this page: a link must not send people elsewhere after they logged in. */
const ownPath = (value: unknown): string | undefined => {
  const path = text(value);
  return path && /^\/(?![/\\])/.test(path) ? path : undefined;
};

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string; ended?: boolean } => {
    const next = ownPath(search.next);
    return { ...(next && { next }), ...(search.ended === true && { ended: true }) };
  },
  component: function Login() {
    const { next, ended } = login.useSearch();
    const navigate = login.useNavigate();
    return <LoginPage ended={ended ?? false} onLoggedIn={() => void navigate({ to: next ?? "/", replace: true })} />;
  },
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.query({ ...sessionQuery, staleTime: "static" });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href }, replace: true });
      }
      throw error;
    }
  },
  component: Shell,
  errorComponent: PageError,
});

const jobs = createRoute({
  getParentRoute: () => inside,
  path: "/",
  validateSearch: (search): { project?: string } => {
    const project = text(search.project);
    return project ? { project } : {};
  },
  component: function Jobs() {
    return <JobsPage projectId={jobs.useSearch().project ?? null} />;
  },
});

const job = createRoute({
  getParentRoute: () => inside,
  path: "/jobs/$jobId",
  validateSearch: readJobView,
  component: function JobDetail() {
    const navigate = job.useNavigate();
    const { jobId } = job.useParams();
    return (
      <JobPage
        key={jobId}
        jobId={jobId}
        view={job.useSearch()}
        onView={(view) => void navigate({ search: view, replace: true, resetScroll: false })}
      />
    );
  },
});

const records = createRoute({
  getParentRoute: () => inside,
  path: "/jobs/$jobId/records",
  validateSearch: readRecordsView,
  component: function JobRecords() {
    const navigate = records.useNavigate();
    const { jobId } = records.useParams();
    return <RecordsPage key={jobId} jobId={jobId} view={records.useSearch()} onView={(view) => void navigate({ search: readRecordsView({ ...view }), replace: true, resetScroll: false })} />;
  },
});

const review = createRoute({
  getParentRoute: () => inside,
  path: "/review/$jobId",
  component: function Review() {
    const { jobId } = review.useParams();
    return <ReviewPage key={jobId} jobId={jobId} />;
  },
});

const schemas = createRoute({
  getParentRoute: () => inside,
  path: "/schemas",
  validateSearch: (search): { project?: string; schema?: string } => {
    const project = text(search.project);
    const schema = text(search.schema);
    return { ...(project && { project }), ...(schema && { schema }) };
  },
  component: function Schemas() {
    const { project = null, schema = null } = schemas.useSearch();
    const navigate = schemas.useNavigate();
    return (
      <SchemasPage
        projectId={project}
        schemaId={schema}
        onShow={(id) => void navigate({ search: { ...(project && { project }), schema: id }, replace: true, resetScroll: false })}
      />
    );
  },
});

const compare = createRoute({
  getParentRoute: () => inside,
  path: "/compare",
  validateSearch: (search): CompareView => {
    const task = text(search.task);
    const jobs = (Array.isArray(search.jobs) ? search.jobs : [search.jobs]).filter((id): id is string => typeof id === "string" && id !== "");
    return { jobs: [...new Set(jobs)], ...(task && { task }) };
  },
  component: function Compare() {
    const navigate = compare.useNavigate();
    return <ComparePage view={compare.useSearch()} onView={(view) => void navigate({ search: view, replace: true, resetScroll: false })} />;
  },
});

export const router = createRouter({
  routeTree: root.addChildren([login, inside.addChildren([jobs, job, records, review, compare, schemas])]),
  defaultPreload: false,
  scrollRestoration: true,
  defaultErrorComponent: PageError,
});

whenLoggedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === "/login") return;
  if (pathname.startsWith("/review/")) {
    setSessionOver(true); // what is unfinished there stays in sight
    return;
  }
  queryClient.clear();
  void router.navigate({ to: "/login", search: { next: href, ended: true }, replace: true });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
