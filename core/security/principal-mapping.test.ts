import test from 'ava';
import { ConfigError } from '../config/definition.ts';
import { principalMapper } from './principal-mapping.ts';

const NAME = 'CN=Duke,OU=ServiceUsers,O=Org,C=US';

test('the first rule that applies names the principal', (t) => {
  t.is(principalMapper('DEFAULT')(NAME), NAME);
  t.is(principalMapper('RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/')(NAME), 'Duke');
  t.is(principalMapper('RULE:^CN=(.*?),OU=(.*?),.*$/$1@$2/L, DEFAULT')(NAME), 'duke@serviceusers');
  t.is(principalMapper('RULE:^CN=(.*?),.*$/$1/U')(NAME), 'DUKE');
  t.is(principalMapper('RULE:^OU=.*$/x/,DEFAULT')(NAME), NAME);
  t.is(principalMapper('RULE:^OU=.*$/x/')(NAME), null);
});

test('replacements', (t) => {
  t.is(principalMapper('RULE:^CN=(.*?),.*$/$1@$2/')(NAME), 'Duke@$2');
  t.is(principalMapper('RULE:^CN=(.*?),.*$/$12/')(NAME), 'Duke2');
  t.is(principalMapper('RULE:^CN=(.*?),.*$/\\$1/')(NAME), '$1');
  t.is(principalMapper('RULE:^CN=(.*?),.*$/a\\/b/')(NAME), 'a/b');
});

test('what is no rule is refused', (t) => {
  for (const rules of ['RULE:^CN=', 'default', 'RULE:a/b/X', 'DEFAULT DEFAULT', 'RULE:(/x/']) {
    t.throws(() => principalMapper(rules), { instanceOf: ConfigError }, rules);
  }
});
