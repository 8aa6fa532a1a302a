import "@fontsource-variable/inter/opsz.css";
import "@/styles/tokens.css";
import "@/styles/base.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { takeLoginToken } from "@/lib/login-token";
import { followSystemTheme } from "@/lib/theme";

takeLoginToken(); // before anything else can read or keep the address
followSystemTheme();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
