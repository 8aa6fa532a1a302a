import "@fontsource-variable/inter/wght.css"; // a third lighter over the wire than the one with optical sizes
import "@/styles/tokens.css";
import "@/styles/base.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { takeLoginToken } from "@/lib/login-token";
import { followSystemTheme } from "@/lib/theme";

takeLoginToken(); // before anything else can read or keep the address
followSystemTheme();

// A page that was opened before an update asks for parts that are no longer there: load the new one, once a minute.
window.addEventListener("vite:preloadError", (event) => {
  const last = Number(sessionStorage.getItem("tandem.reloaded") ?? 0);
  if (Date.now() - last < 60_000) return;
  sessionStorage.setItem("tandem.reloaded", String(Date.now()));
  event.preventDefault();
  location.reload();
});

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
