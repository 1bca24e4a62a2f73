-- All postings together sum to zero.
SELECT 'all postings' AS subject, format('sum %s', sum(amount)) AS found
FROM tokens_posting HAVING sum(amount) <> 0
