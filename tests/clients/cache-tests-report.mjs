// Counts the results of http-cache-tests by kind and compares them with the expectation.
//
//   node cache-tests-report.mjs PACKAGE EXPECTATION [--update] RESULTS...
//
// A test holds where its result is exactly `true` in one of the RESULTS. Its kind is what the test says, "required" where it says
// nothing, as in the suite. Tests for browsers only do not count. The suite's own report greys out a test when one that it depends
// on does not hold; that count is printed beside the plain one ("with dependencies"), the comparison uses the plain one.
//
// Where the suite asks for what RFC 9111 forbids, the RFC wins: of the tests that the expectation names under "rfc_wins", each with
// the reason, the suite's opposite must come. They are counted by themselves, and with those that hold.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [packageDir, expectationFile, ...rest] = process.argv.slice(2)
const update = rest[0] === '--update'
const resultFiles = update ? rest.slice(1) : rest
const kinds = ['required', 'optimal', 'check']

const load = async path => (await import(pathToFileURL(`${packageDir}/${path}`))).default
const suites = [...await load('tests/index.mjs'), await load('tests/surrogate-control.mjs')]
const tests = new Map()
for (const suite of suites) {
  for (const test of suite.tests) tests.set(test.id, { ...test, kind: test.kind ?? 'required' })
}

const expected = JSON.parse(readFileSync(expectationFile, 'utf8'))
const rfcWins = expected.rfc_wins ?? {}
const runs = resultFiles.map(file => JSON.parse(readFileSync(file, 'utf8')))
const isAssertion = result => Array.isArray(result) && result[0] === 'Assertion'
const holds = id => runs.some(results => (id in rfcWins ? isAssertion(results[id]) : results[id] === true))
const holdsWithDependencies = id => holds(id) && (tests.get(id)?.depends_on ?? []).every(holdsWithDependencies)
const why = id => runs.at(-1)[id]?.join(': ') ?? 'not run'
const counted = kind => [...tests.values()].filter(test => test.kind === kind && !test.browser_only).map(test => test.id)

const summary = { rfc_wins: rfcWins, package: `http-cache-tests@${JSON.parse(readFileSync(`${packageDir}/package.json`, 'utf8')).version}` }
for (const kind of kinds) {
  const ids = counted(kind)
  const passed = ids.filter(holds)
  summary[kind] = { of: ids.length, passed: passed.length, failing: ids.filter(id => !holds(id)).sort() }
  console.log(`${kind}: ${passed.length} of ${ids.length} (with dependencies ${ids.filter(holdsWithDependencies).length}; ` +
    `${passed.filter(id => id in rfcWins).length} of them where the RFC wins over the suite)`)
}

if (update) {
  writeFileSync(expectationFile, JSON.stringify(summary, null, 2) + '\n')
  console.log(`expectation written to ${expectationFile}`)
  process.exit(0)
}

if (expected.package !== summary.package) {
  console.log(`the expectation is for ${expected.package}, the results for ${summary.package}`)
  process.exit(1)
}
let regressions = 0
for (const kind of kinds) {
  const worse = summary[kind].failing.filter(id => !expected[kind].failing.includes(id))
  const better = expected[kind].failing.filter(id => !summary[kind].failing.includes(id))
  for (const id of worse) console.log(`${kind === 'check' ? 'changed' : 'REGRESSION'} ${kind} ${id}: ${why(id)}`)
  for (const id of better) console.log(`${kind === 'check' ? 'changed' : 'better'} ${kind} ${id}: holds now`)
  if (kind !== 'check') regressions += worse.length
}
process.exit(regressions === 0 ? 0 : 1)
