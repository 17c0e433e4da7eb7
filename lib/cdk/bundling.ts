/** How functions are bundled, in the words of esbuild; also of the test that weighs them. */
export const bundling = {
  format: 'esm',
  target: 'node24',
  mainFields: ['module', 'main'] as string[],
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  /** Packages in CommonJS call `require`, which an ES module lacks. */
  banner: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
} as const;
