/** What operators see of consumer groups and do to them: lists, descriptions, configs, deletion. */
import { type Conversation, versions } from '../../conversation.ts';
import { createTopic, joining, Member, untilSeen } from './member.ts';

const GROUP = 32;

export async function operators(talk: Conversation): Promise<void> {
  await createTopic(talk, 'seen', 1);
  const member = new Member(talk, 'seen', 'm');
  await member.beat('joins', 0, joining(['seen'], { rackId: 'a rack', serverAssignor: 'range' }));
  for (const version of versions('ConsumerGroupDescribe', 0)) {
    const asked = { groupIds: ['seen', 'no-such-group', '', 'kinds', 'seen'] };
    await talk.ask('several', 'ConsumerGroupDescribe', version, asked);
    await talk.ask('several, with operations', 'ConsumerGroupDescribe', version, { ...asked, includeAuthorizedOperations: true });
    await talk.ask('none', 'ConsumerGroupDescribe', version, { groupIds: [] });
  }
  for (const states of [['Stable'], ['stable', 'Empty'], ['Assigning'], ['Reconciling'], ['Dead'], []])
    for (const types of [['consumer'], ['Consumer'], ['classic'], []])
      await talk.ask(`in ${states.join(' or ')} of type ${types.join()}`, 'ListGroups', 5, {
        statesFilter: states,
        typesFilter: types,
      });
  await configs(talk, member);
  await talk.ask('with a member', 'DeleteGroups', 2, { groupsNames: ['seen'] });
  await member.beat('leaves', -1);
  await talk.ask('empty', 'DeleteGroups', 2, { groupsNames: ['seen'] });
  await talk.ask('deleted', 'ConsumerGroupDescribe', 1, { groupIds: ['seen'] });
  await talk.ask('deleted', 'DeleteGroups', 2, { groupsNames: ['seen'] });
  await member.beat('comes back', 0, joining(['seen']));
  await member.beat('leaves again', -1);
}

async function configs(talk: Conversation, member: Member): Promise<void> {
  const set = (step: string, name: string, value: string): Promise<unknown> =>
    talk.ask(step, 'IncrementalAlterConfigs', 1, {
      resources: [{ resourceType: GROUP, resourceName: 'seen', configs: [{ name, configOperation: 0, value }] }],
    });
  await set('a heartbeat interval', 'consumer.heartbeat.interval.ms', '7000');
  await set('a session', 'consumer.session.timeout.ms', '50000');
  await set('too short a session', 'consumer.session.timeout.ms', '10');
  await set('an interval as long as the session', 'consumer.heartbeat.interval.ms', '50000');
  await set('a config of nobody', 'consumer.nothing', '1');
  await untilSeen();
  await member.beat('is told of the interval', 2);
  await talk.ask('of a group', 'DescribeConfigs', 4, {
    resources: [{ resourceType: GROUP, resourceName: 'seen', configurationKeys: null }],
  });
}
