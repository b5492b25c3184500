consideration =
    .title = updates
    .question = ?
