/** Employees of the account as rows of a table, and which employee an extension of the PBX may belong to. */

const LATIN = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ё: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  й: 'y',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
};
const SHORTEST_NAME = 4; // shorter words are part of too many names

/** A row for each active user, then for deleted ones who still have an entry: it must be shown to be removed. */
export function employeeRows(users, employees) {
  const mapped = new Map(employees.map((each) => [each.user_id, each]));
  const active = users.filter((user) => user.is_active);
  const names = new Map(users.map((user) => [user.id, user.name]));
  const gone = employees.filter((each) => !active.some((user) => user.id === each.user_id));
  return [
    ...active.map((user) => row(user.id, user.name, mapped.get(user.id), true)),
    ...gone.map((each) => row(each.user_id, names.get(each.user_id) || String(each.user_id), each, false)),
  ];
}

function row(id, name, employee, isActive) {
  const { extensions = [], mobiles = [], stage = null } = employee || {};
  return { id, name, isActive, extensions, mobiles, stage };
}

/** The list with this user's entry changed; an empty entry is left out, unknown parts of one stay. */
export function withEmployee(employees, userId, change) {
  const before = employees.find((each) => each.user_id === userId);
  const after = { ...(before || { user_id: userId, extensions: [], mobiles: [], stage: null }), ...change };
  const isEmpty = !after.extensions.length && !after.mobiles.length && !after.stage;
  if (!before) return isEmpty ? employees : [...employees, after];
  return employees.flatMap((each) => (each === before ? (isEmpty ? [] : [after]) : [each]));
}

/** Extensions of the PBX (`endpoints`) or of recent calls (`ofCalls`) without an employee: [{extension, state, user}], with the user where it is obvious. */
export function unassignedExtensions(endpoints, ofCalls, employees, users) {
  const taken = new Set(employees.flatMap((each) => each.extensions));
  const states = new Map(ofCalls.map((extension) => [extension, null]));
  const names = new Map();
  endpoints
    .filter((each) => each.side === 'extension' && each.extension)
    .forEach((each) => {
      states.set(each.extension, each.state || null);
      names.set(each.extension, each.name);
    });
  return [...states.keys()]
    .filter((extension) => !taken.has(extension))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }))
    .map((extension) => ({
      extension,
      state: states.get(extension),
      user: namesake(names.get(extension) || extension, users),
    }));
}

/** The only active user whose name is part of the endpoint's: `SIP/petrova` is Анна Петрова. */
export function namesake(endpoint, users) {
  const words = latin(endpoint)
    .split(/[^a-z]+/)
    .filter((word) => word.length >= SHORTEST_NAME);
  const found = users.filter(
    (user) =>
      user.is_active &&
      latin(user.name)
        .split(/[^a-z]+/)
        .some((part) => words.includes(part)),
  );
  return found.length === 1 ? found[0] : null;
}

function latin(text) {
  return [...text.toLowerCase()].map((letter) => LATIN[letter] ?? letter).join('');
}
