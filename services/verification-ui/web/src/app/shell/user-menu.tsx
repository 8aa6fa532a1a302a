import { Menu } from "@base-ui/react/menu";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, LogOut, Monitor, Moon, Sun } from "lucide-react";

import styles from "@/app/shell/shell.module.css";
import popup from "@/ui/popup.module.css";
import { Problem } from "@/lib/api/problem";
import { request } from "@/lib/api/request";
import { notifyProblem } from "@/lib/notify";
import { useSession } from "@/lib/session";
import { setTheme, useThemeChoice, type ThemeChoice } from "@/lib/theme";

const roles = {
  admin: "Admin: may do everything",
  annotator: "Annotator: reads and reviews",
  viewer: "Viewer: reads only",
};

const themes: { choice: ThemeChoice; name: string; icon: typeof Sun }[] = [
  { choice: "system", name: "Like the system", icon: Monitor },
  { choice: "light", name: "Light", icon: Sun },
  { choice: "dark", name: "Dark", icon: Moon },
];

/** Who is logged in, the theme, and the way out. */
export function UserMenu() {
  const { session } = useSession();
  const theme = useThemeChoice();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const logOut = useMutation({
    mutationFn: () => request<undefined>("/api/v1/sessions/current", { method: "DELETE" }),
    onSuccess: async () => {
      await navigate({ to: "/login", search: {}, replace: true });
      queryClient.clear();
    },
    onError: (error) => notifyProblem("You are still logged in", Problem.from(error)),
  });
  if (!session) return null;

  return (
    <Menu.Root>
      <Menu.Trigger className={styles.user} aria-label={`Account of ${session.name}`}>
        <span className={styles.avatar} aria-hidden="true">
          {session.name.trim().charAt(0).toUpperCase() || "?"}
        </span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={popup.positioner} sideOffset={8} align="end">
          <Menu.Popup className={popup.popup}>
            <div className={popup.head}>
              {session.name}
              <small>{roles[session.role]}</small>
            </div>
            <div className={popup.separator} />
            <Menu.RadioGroup value={theme} onValueChange={(next) => setTheme(next as ThemeChoice)} aria-label="Theme">
              {themes.map(({ choice, name, icon: Icon }) => (
                <Menu.RadioItem key={choice} value={choice} className={popup.item} closeOnClick={false}>
                  <Icon size={15} aria-hidden="true" />
                  <span className={popup.grow}>{name}</span>
                  <Menu.RadioItemIndicator>
                    <Check size={15} aria-hidden="true" />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <div className={popup.separator} />
            <Menu.Item className={popup.item} onClick={() => logOut.mutate()}>
              <LogOut size={15} aria-hidden="true" />
              <span className={popup.grow}>Log out</span>
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
