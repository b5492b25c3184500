# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Disaster recovery
    .question = If the building floods and the server and its backups on site are lost, what then?

exercise =
    .title = The loss of the building was rehearsed
    .question = When was it last rehearsed to bring the CHT back without the building?
    .why = A plan that nobody has tried fails at the first thing that nobody thought of, while health workers cannot sync.
    .remedy = Run a yearly exercise that assumes the building is lost, and write down what did not work.
    .recent = { $by } rehearsed the loss of the building on { $date }, { $days } days ago.
    .ageing = The last exercise, on { $date } by { $by }, is { $days } days old: more than a year.
    .too-old = The last exercise was on { $date } by { $by }, { $days } days ago: staff and systems have changed since.
    .yes = { $by } said on { $date } that an exercise was held.
    .partly = { $by } said on { $date } that only parts of an exercise were held.
    .no = { $by } said on { $date } that the loss of the building was never rehearsed.
    .unknown = Whether the loss of the building was ever rehearsed is not known. A dated answer with a record of the exercise settles it.
