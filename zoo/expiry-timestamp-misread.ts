import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an offset without expiry time is read as expired after a load',
  source: ['KAFKA-8069'],
  difficulty: 'medium',
  expects: ['GR5', 'GR13', 'N4'],
  file: 'core/group/records.ts',
  find: `    const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId } = decodeVersionedMessage(
      'OffsetCommitValue',
      value,
    ).data;`,
  replace: `    const decoded = decodeVersionedMessage('OffsetCommitValue', value).data;
    const { offset, leaderEpoch, metadata, commitTimestamp, topicId } = decoded;
    const expireTimestamp = zoo.instead(decoded.expireTimestamp, decoded.commitTimestamp + 1);`,
} satisfies Mutant;
