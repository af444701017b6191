import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse, stringify } from 'smol-toml';
import { tomlLines } from '../../../src/app/config/toml-lines.ts';

const DOCUMENT = `# comment = 1
top = "a # no comment"
"quoted key" = 1

[ section . 'sub key' ]  # header
multi = """
fake = 1
[fake]
"""
literal = '''
fake = ''1
'''
array = [ # [
  "]", { x = "}" },
]
after = { in = 1 }
a.b.c = 3

[[list]]
x = 1
[list.deep]
y = 2
[[list]]
x = 3
`;

test('keys are found on their lines, whatever stands between them', () => {
  const document = parse(DOCUMENT);
  assert.ok(document);
  const lineOf = tomlLines(DOCUMENT);
  for (const [path, line] of [
    [['top'], 2],
    [['quoted key'], 3],
    [['section'], 5],
    [['section', 'sub key', 'multi'], 6],
    [['section', 'sub key', 'literal'], 10],
    [['section', 'sub key', 'array'], 13],
    [['section', 'sub key', 'after', 'in'], 16],
    [['section', 'sub key', 'a', 'b', 'c'], 17],
    [['list', 0], 19],
    [['list', 0, 'x'], 20],
    [['list', 0, 'deep', 'y'], 22],
    [['list', 1, 'x'], 24],
    [['list', 1, 'absent'], 23],
  ] as const) {
    assert.equal(lineOf(path), line, path.join('.'));
  }
  assert.equal(lineOf(['fake']), undefined);
});

test('Windows line ends count once', () => {
  assert.equal(tomlLines('a = 1\r\n\r\n[b]\r\nc = 2\r\n')(['b', 'c']), 4);
});

test('every key of any document has the line on which it stands', () => {
  const name = fc.stringMatching(/^[a-z"' .#=[\]]{1,6}$/);
  const value = fc.oneof(fc.integer(), fc.string(), fc.array(fc.string()), fc.boolean());
  const table = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 });
  fc.assert(
    fc.property(fc.dictionary(name, table, { minKeys: 1, maxKeys: 4 }), (document) => {
      const text = stringify(document);
      const lineOf = tomlLines(text);
      const lines = text.split('\n');
      for (const [section, keys] of Object.entries(document)) {
        for (const key of Object.keys(keys)) {
          const line = lineOf([section, key]);
          const written = lines[(line ?? 0) - 1] ?? '';
          assert.deepEqual(Object.keys(parse(written)), [key]);
        }
      }
    }),
  );
});

test('text that is no TOML at all still comes to an end', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from('ab=[]{}"\'#.\n\\ ')) }),
      (text) => {
        assert.doesNotThrow(() => tomlLines(text)(['a']));
      },
    ),
  );
});
