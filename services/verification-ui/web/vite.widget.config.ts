import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The page's global rules hold within the widget alone: a notebook has its own look. */
const withinTheWidget = {
  postcssPlugin: "within-the-widget",
  Rule(rule: { selectors: string[]; parent?: { type: string; name?: string } | undefined; source?: { input: { file?: string } } }) {
    const isKeyframe = rule.parent?.type === "atrule" && rule.parent.name?.endsWith("keyframes");
    const file = rule.source?.input.file ?? "";
    if (isKeyframe || !file.includes("/src/styles/")) return;
    rule.selectors = rule.selectors.map((selector) => {
      if (/^(:root|html|body|#root)(?![\w-])/.test(selector)) return selector.replace(/^(:root|html|body|#root)/, ".tandem");
      return selector.startsWith(".tandem") || selector.startsWith(":where(.tandem)") ? selector : `:where(.tandem) ${selector}`;
    });
  },
};

// The review card and the table for notebooks: one module and one style sheet, which the client's distribution carries.
export default defineConfig({
  plugins: [react()],
  publicDir: false,
  define: { "process.env.NODE_ENV": '"production"' },
  resolve: {
    alias: [
      { find: "@tanstack/react-router", replacement: path("./src/widget/router-stub.tsx") },
      { find: /^@\//, replacement: `${path("./src")}/` },
    ],
  },
  css: { postcss: { plugins: [withinTheWidget] } },
  build: {
    outDir: path("../../../client/src/tandem_client/notebook/static"),
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    chunkSizeWarningLimit: 900,
    lib: { entry: path("./src/widget/cell.tsx"), formats: ["es"], fileName: () => "cell.js", cssFileName: "cell" },
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
