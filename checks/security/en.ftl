consideration =
    .title = security
    .question = ?
