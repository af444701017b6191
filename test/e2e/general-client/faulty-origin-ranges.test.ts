import { useHttpClient } from '../../support/engine-world.ts';

useHttpClient('general');
await import('../faulty-origin-ranges.test.ts');
