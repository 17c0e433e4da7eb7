/** How the bundle of a function is made, in the words of esbuild; also of the test that weighs bundles. */
export const bundling = {
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  /** Packages in CommonJS call `require`, which an ES module lacks. */
  banner: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
};
