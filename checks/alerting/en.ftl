consideration =
    .title = alerting
    .question = ?
