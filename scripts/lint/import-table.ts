/**
 * Who imports whom, as data: the rule `haulyard/import-table` reads nothing else.
 *
 * A layer is the first folder under `src`, except that each folder of `io` and of `app` is a layer of its own. The
 * files directly in `src` wire the layers together and form the layer `root`, which may import anything.
 */
export interface LayerRule {
  /** Layers it may import besides itself; `anything` puts no limit on it. */
  readonly layers: readonly string[] | 'anything';
  /** May it import Node's own modules? */
  readonly node: boolean;
  /** May it import third-party packages? */
  readonly packages: boolean;
}

const rules: Readonly<Record<string, LayerRule>> = {
  core: { layers: [], node: false, packages: false },
  ports: { layers: ['core'], node: false, packages: false },
  // What a callback is still to be told, for the engine of this process and for the client alike.
  notify: { layers: ['core', 'ports'], node: false, packages: false },
  engine: { layers: ['core', 'ports', 'notify'], node: false, packages: false },
  io: { layers: ['core', 'ports'], node: true, packages: true },
  // The contract runs in a browser too, so a schema library may come along but Node may not.
  rest: { layers: ['core'], node: false, packages: true },
  // Its browser entry runs without Node; a test follows that file's imports.
  client: {
    layers: ['rest', 'core', 'ports', 'notify', 'app/config'],
    node: true,
    packages: true,
  },
  'app/config': { layers: ['core'], node: true, packages: true },
  'app/api': { layers: ['engine', 'rest', 'core', 'ports'], node: true, packages: true },
  'app/agent': { layers: ['core', 'ports', 'app/config'], node: true, packages: true },
  // The command embeds the engine while there is no daemon to talk to, hence `root` and `core`.
  'app/cli': {
    layers: ['rest', 'client', 'app/config', 'app/service', 'root', 'core'],
    node: true,
    packages: true,
  },
  // What service managers are told; data and text, and the commands that hand them over.
  'app/service': { layers: ['core', 'app/config'], node: true, packages: true },
  'app/daemon': { layers: 'anything', node: true, packages: true },
  root: { layers: 'anything', node: true, packages: true },
};

/** The layer of a file, given its path below `src` with `/` between the parts. */
export function layerOf(path: string): string {
  const [first, second, third] = path.split('/');
  if (first === undefined || second === undefined) return 'root';
  const nested = first === 'io' || first === 'app';
  return nested && third !== undefined ? `${first}/${second}` : first;
}

/** The rule for a layer, or undefined for a folder the table does not know, which is itself a fault. */
export function ruleFor(layer: string): LayerRule | undefined {
  return rules[layer] ?? (layer.startsWith('io/') ? rules['io'] : undefined);
}

/** Whether `layer` may import `imported`, both being layers of this package. */
export function mayImport(layer: string, imported: string): boolean {
  const rule = ruleFor(layer);
  if (rule === undefined) return false;
  return layer === imported || rule.layers === 'anything' || rule.layers.includes(imported);
}
