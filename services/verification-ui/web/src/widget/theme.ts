/** Whether the notebook is dark: JupyterLab, VS Code and marimo say so on the body, else the system does. */
function isDark(): boolean {
  const { body, documentElement } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark") || body.classList.contains("dark") || documentElement.classList.contains("dark")) return true;
  if (body.classList.contains("vscode-light") || body.classList.contains("light")) return false;
  return window.matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Gives the elements the notebook's theme, now and when it changes. Returns what stops following. */
export function followNotebookTheme(elements: readonly HTMLElement[]): () => void {
  const apply = () => {
    for (const element of elements) element.dataset.theme = isDark() ? "dark" : "light";
  };
  apply();
  const observer = new MutationObserver(apply);
  const attributes = { attributes: true, attributeFilter: ["class", "data-jp-theme-light"] };
  observer.observe(document.body, attributes);
  observer.observe(document.documentElement, attributes);
  return () => observer.disconnect();
}
