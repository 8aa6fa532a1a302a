import { Menu } from "@base-ui/react/menu";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Check, ChevronsUpDown } from "lucide-react";

import styles from "@/app/shell/shell.module.css";
import popup from "@/ui/popup.module.css";
import { projectsQuery } from "@/lib/api/projects";

/** Narrows the jobs to one project; absent while there is only one to choose from. */
export function ProjectSwitcher() {
  const { data: projects } = useQuery(projectsQuery);
  const { project: chosen } = useSearch({ strict: false });
  const navigate = useNavigate();
  if (!projects || projects.length < 2) return null;

  const choices = [{ id: null, name: "All projects" }, ...projects.map(({ id, name }) => ({ id, name }))];
  const current = choices.find(({ id }) => id === (chosen ?? null)) ?? choices[0];
  return (
    <>
      <span className={styles.slash} aria-hidden="true">
        /
      </span>
      <Menu.Root>
        <Menu.Trigger className={styles.switch}>
          <span className="visually-hidden">Project: </span>
          <span>{current?.name}</span>
          <ChevronsUpDown size={14} aria-hidden="true" />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className={popup.positioner} sideOffset={6} align="start">
            <Menu.Popup className={popup.popup}>
              {choices.map(({ id, name }) => (
                <Menu.Item
                  key={id ?? "all"}
                  className={popup.item}
                  onClick={() => void navigate({ to: "/", search: id ? { project: id } : {} })}
                >
                  <span className={popup.grow}>{name}</span>
                  {id === (chosen ?? null) && <Check size={15} aria-label="chosen" />}
                </Menu.Item>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </>
  );
}
