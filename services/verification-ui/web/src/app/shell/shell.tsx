import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useMatchRoute, useParams, useRouterState } from "@tanstack/react-router";
import { Tags } from "lucide-react";
import clsx from "clsx";
import { useEffect } from "react";

import { ProjectSwitcher } from "@/app/shell/project-switcher";
import styles from "@/app/shell/shell.module.css";
import { UserMenu } from "@/app/shell/user-menu";
import { Unsent } from "@/features/review/unsent";
import { HeaderSlot } from "@/ui/header-slot";
import { Mark } from "@/ui/mark";
import { jobQuery } from "@/lib/api/jobs";

/** The frame of every page behind the login. */
export function Shell() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [path]);

  const reviewing = path.startsWith("/review/");
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.header}>
        <nav className={styles.bar} aria-label="Main">
          <Link to="/" className={styles.brand} aria-label="Tandem, all jobs">
            <Mark />
            <span>Tandem</span>
          </Link>
          <ProjectSwitcher />
          <Crumbs />
          <div className={styles.spring} />
          {reviewing ? <HeaderSlot className={styles.slot} /> : <Unsent />}
          <Link to="/schemas" aria-label="Label schemas" className={clsx(styles.crumb, reviewing && styles.wide)} activeProps={{ className: styles.current ?? "" }}>
            <Tags size={17} aria-hidden="true" className={styles.narrow} />
            <span className={styles.roomy}>Label schemas</span>
          </Link>
          <UserMenu />
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </>
  );
}

function Crumbs() {
  const match = useMatchRoute();
  const { jobId } = useParams({ strict: false });
  if (!jobId) return match({ to: "/compare" }) ? <Crumb title="Compare" /> : match({ to: "/schemas" }) ? <Title title="Label schemas" /> : null;
  const below = match({ to: "/review/$jobId" }) ? "Review" : match({ to: "/jobs/$jobId/records" }) ? "Records" : null;
  return <JobCrumbs jobId={jobId} below={below} />;
}

/** The name of the page in the window's title. */
function Title({ title }: { title: string }) {
  useEffect(() => {
    document.title = `${title} · Tandem`;
    return () => {
      document.title = "Tandem";
    };
  }, [title]);
  return null;
}

const slash = (
  <span className={styles.slash} aria-hidden="true">
    /
  </span>
);

function Crumb({ title }: { title: string }) {
  return (
    <>
      <Title title={title} />
      {slash}
      <span className={`${styles.crumb ?? ""} ${styles.current ?? ""}`} aria-current="page">
        {title}
      </span>
    </>
  );
}

/** `below`: the page of the job that is shown; null for the job itself. */
function JobCrumbs({ jobId, below }: { jobId: string; below: string | null }) {
  const { data: job } = useQuery({ ...jobQuery(jobId), refetchInterval: false, staleTime: 60_000 });
  const title = job?.name ?? "Job";
  if (below === null) return <Crumb title={title} />;
  return (
    <>
      <Title title={`${below} · ${title}`} />
      {slash}
      <Link to="/jobs/$jobId" params={{ jobId }} className={clsx(styles.crumb, styles.job)} title={title}>
        {title}
      </Link>
      <span className={clsx(styles.roomy, styles.slash)} aria-hidden="true">
        /
      </span>
      <span className={clsx(styles.crumb, styles.current, styles.roomy)} aria-current="page">
        {below}
      </span>
    </>
  );
}
