import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import { readdirSync } from "node:fs";
import tseslint from "typescript-eslint";

// The import rule: app → features → domain → ui → lib; a feature never imports another.
const forbid = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const noClimbing = { group: ["../*"], message: "Import from '@/…', so that the import rule can see it." };
const features = readdirSync(new URL("./src/features", import.meta.url));

const featureRules = features.map((name) => ({
  files: [`src/features/${name}/**`],
  rules: forbid([
    noClimbing,
    { group: ["@/app/*", "@/app"], message: "Features do not know the app." },
    ...features
      .filter((other) => other !== name)
      .map((other) => ({ group: [`@/features/${other}`, `@/features/${other}/*`], message: "A feature never imports another." })),
  ]),
}));

export default tseslint.config(
  { ignores: ["node_modules", "src/lib/api/generated", "public"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
  },
  hooks.configs.flat["recommended-latest"],
  {
    rules: {
      "no-console": "error",
      "react-hooks/incompatible-library": "off", // warns of what the React compiler would skip; the page is built without it
      eqeqeq: ["error", "always", { null: "ignore" }], // the services leave out what is null
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }], // an empty name means the value
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/only-throw-error": "off", // the router redirects by throwing
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
    },
  },
  {
    files: ["src/lib/**"],
    rules: forbid([noClimbing, { group: ["@/app/*", "@/features/*", "@/domain/*", "@/ui/*"], message: "lib knows nothing above it." }]),
  },
  {
    files: ["src/ui/**"],
    rules: forbid([noClimbing, { group: ["@/app/*", "@/features/*", "@/domain/*"], message: "The kit knows no labels, jobs or pages." }]),
  },
  {
    files: ["src/domain/**"],
    rules: forbid([noClimbing, { group: ["@/app/*", "@/features/*"], message: "The domain does not know the features." }]),
  },
  ...featureRules,
  { files: ["**/*.js"], extends: [tseslint.configs.disableTypeChecked] },
);
