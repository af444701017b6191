import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';

import { layerOf, mayImport, ruleFor } from './import-table.ts';

// The parts of the ESLint API used here. oxlint speaks it without publishing types for plugins.
interface Node {
  readonly type: string;
  readonly parent?: Node;
  readonly range: readonly [number, number];
  readonly [key: string]: unknown;
}

interface Reference {
  readonly identifier: Node & { readonly name: string };
}

interface Scope {
  readonly through: readonly Reference[];
  readonly variables: readonly {
    readonly defs: readonly unknown[];
    readonly references: readonly Reference[];
  }[];
}

interface Context {
  readonly filename: string;
  readonly cwd: string;
  readonly sourceCode: { readonly scopeManager: { readonly globalScope: Scope | null } };
  report(problem: { readonly node: Node; readonly message: string }): void;
}

interface Rule {
  create(context: Context): Record<string, (node: Node) => void>;
}

/** Path below `src` with `/` between the parts, or undefined for a file elsewhere. */
function pathInSrc(context: Context, file: string): string | undefined {
  const parts = relative(resolve(context.cwd, 'src'), file).split(sep);
  return parts[0] === '..' ? undefined : parts.join('/');
}

/** What is wrong with this file importing `specifier`, or undefined when the table allows it. */
function faultOf(context: Context, specifier: string): string | undefined {
  const path = pathInSrc(context, context.filename);
  if (path === undefined) return undefined;
  const layer = layerOf(path);
  const rule = ruleFor(layer);
  if (rule === undefined)
    return `src/${layer} is not in the import table (scripts/lint/import-table.ts)`;

  if (!specifier.startsWith('.')) {
    if (isBuiltin(specifier)) return rule.node ? undefined : `${layer} may not import Node modules`;
    return rule.packages ? undefined : `${layer} may not import third-party packages`;
  }
  const target = pathInSrc(context, resolve(dirname(context.filename), specifier));
  if (target === undefined) {
    return rule.layers === 'anything' ? undefined : `${layer} may not import from outside src`;
  }
  const imported = layerOf(target);
  return mayImport(layer, imported) ? undefined : `${layer} may not import ${imported}`;
}

/** Holds the table in import-table.ts: static, dynamic, re-exporting and type-only imports alike. */
const importTable: Rule = {
  create(context) {
    function check(node: Node): void {
      const source = node['source'] as { readonly value?: unknown } | null | undefined;
      if (typeof source?.value !== 'string') return;
      const fault = faultOf(context, source.value);
      if (fault !== undefined) {
        context.report({ node, message: `${fault}: '${source.value}'` });
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      TSImportType: check,
    };
  },
};

const ambientGlobals: ReadonlySet<string> = new Set([
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'queueMicrotask',
  'process',
  'crypto',
  'fetch',
  'console',
  'globalThis',
  'global',
  'require',
]);

/** Which use of a global reaches for the outside world, as it would be written; undefined when it does not. */
function ambientUse({ identifier }: Reference): string | undefined {
  const { name, parent } = identifier;
  if (ambientGlobals.has(name)) return name;
  if (name !== 'Date' && name !== 'Math' && name !== 'AbortSignal') return undefined;

  if (parent?.type === 'MemberExpression' && parent['object'] === identifier) {
    const property = parent['property'] as { readonly name?: string; readonly value?: unknown };
    const member = `${name}.${property.name ?? String(property.value)}`;
    const reaches = ['Date.now', 'Math.random', 'AbortSignal.timeout'].includes(member);
    return reaches ? member : undefined;
  }
  if (name === 'Date' && parent?.['callee'] === identifier) {
    const given = parent['arguments'] as readonly unknown[];
    if (parent.type === 'CallExpression') return 'Date()';
    return given.length === 0 ? 'new Date()' : undefined;
  }
  // `const { now } = Date` and the like would hide the member from this rule.
  return parent?.type === 'VariableDeclarator' && parent['init'] === identifier ? name : undefined;
}

/** Keeps clock, timers, randomness and the process out of `src/core`: they arrive there as arguments. */
const noAmbient: Rule = {
  create(context) {
    if (!pathInSrc(context, context.filename)?.startsWith('core/')) return {};
    return {
      'Program:exit'(): void {
        const scope = context.sourceCode.scopeManager.globalScope;
        if (scope === null) return;
        const declaredElsewhere = scope.variables.filter(({ defs }) => defs.length === 0);
        const references = [...declaredElsewhere.flatMap((v) => v.references), ...scope.through];
        for (const reference of references) {
          const use = ambientUse(reference);
          if (use === undefined) continue;
          const message = `core may not use ${use}: time and randomness arrive as arguments`;
          context.report({ node: reference.identifier, message });
        }
      },
    };
  },
};

const plugin: { readonly meta: object; readonly rules: Readonly<Record<string, Rule>> } = {
  meta: { name: 'haulyard' },
  rules: { 'import-table': importTable, 'no-ambient': noAmbient },
};

export default plugin;
