/** The steps of the setup in the order in which they are done: [{key, state: ok|todo, tab}]. */

export function checklist(answer) {
  const { settings, pbx, account } = answer;
  const hasExtensions = settings.employees.some((each) => each.extensions.length);
  const steps = [
    ['account', account.state === 'connected', 'connection'],
    ['pbx', Boolean(pbx), 'connection'],
    ['line', Boolean(pbx) && pbx.link === 'up', 'connection'],
    ['extensions', hasExtensions, 'employees'],
    ['default_employee', settings.default_employee !== null, 'employees'],
    ['missed_to', settings.missed_to.length > 0, 'notices'],
  ];
  return steps.map(([key, done, tab]) => ({ key, state: done ? 'ok' : 'todo', tab }));
}
