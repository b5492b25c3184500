consideration =
    .title = scale
    .question = ?
