consideration =
    .title = privacy
    .question = ?
