import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

import { compress } from "./dev/compress.ts";
import { mockBackend } from "./dev/mock-backend.ts";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// `npm run mock` serves made-up data; `npm run dev` talks to the running service.
export default defineConfig(({ mode }) => {
  const service = process.env.TANDEM_WEB_BACKEND ?? "http://127.0.0.1:8080";
  return {
    plugins: [react(), compress(), ...(mode === "mock" ? [mockBackend()] : [])],
    resolve: { alias: { "@": path("./src") } },
    build: {
      outDir: path("../src/tandem_verification_ui/static"),
      emptyOutDir: true,
      target: "es2022",
      chunkSizeWarningLimit: 600, // in kB, of which about a third travels
      assetsInlineLimit: 0, // no data: URLs, a strict content security policy holds
      rolldownOptions: {
        output: {
          codeSplitting: { groups: [{ name: "frame", test: /node_modules.(react|react-dom|scheduler|@tanstack.(?!react-virtual|virtual-core))./ }] }, // every page needs it, and it seldom changes
        },
      },
    },
    server: {
      host: "127.0.0.1",
      ...(mode === "mock" ? {} : { proxy: { "/api": service, "/verification": service } }),
    },
    test: {
      environment: "happy-dom",
      setupFiles: ["./src/testing/setup.ts"],
      include: ["src/**/*.test.{ts,tsx}"],
      restoreMocks: true,
    },
  };
});
