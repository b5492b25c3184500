consideration =
    .title = backups
    .question = ?
