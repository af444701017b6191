#!/usr/bin/env node
// This file is read by whatever Node the user has, so it keeps to syntax that every Node can parse: a message
// is of no use behind a SyntaxError. Everything newer waits in launch.js until the version is known to be good.
var version = process.versions.node;

if (parseInt(version, 10) >= 24) {
  import('./launch.js');
} else {
  process.stderr.write(
    'haulyard needs Node.js 24 or newer; this is Node.js ' +
      version +
      '. Install a newer one from https://nodejs.org, or in a clone run `npm ci` and then `npm start --`.\n',
  );
  process.exitCode = 1;
}
