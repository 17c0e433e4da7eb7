import { readdir, readFile, stat } from 'node:fs/promises';

/** What loading needs from a file system. */
export interface ConfigurationFiles {
  kind(path: string): Promise<'file' | 'folder' | 'missing'>;
  /** Names of the regular files in a folder, in any order. */
  listFolder(path: string): Promise<readonly string[]>;
  /** UTF-8 text; throws when it cannot be read. */
  readText(path: string): Promise<string>;
}

/** The only place of the configuration that knows the disk. */
export const diskFiles: ConfigurationFiles = {
  async kind(path) {
    const entry = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (entry === undefined) return 'missing';
    return entry.isDirectory() ? 'folder' : 'file';
  },

  async listFolder(path) {
    const entries = await readdir(path, { withFileTypes: true });
    // A link counts: mounted ConfigMaps consist of links.
    return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  },

  readText: (path) => readFile(path, 'utf8'),
};
