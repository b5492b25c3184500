# One message a check; each sentence a person reads is an attribute of it.

consideration =
    .title = Renewals
    .question = TLS certificates and domain registrations lapse and take the server offline. Who watches them and renews them?

tls-expiry =
    .title = The certificate has time left
    .question = How long does the TLS certificate that the server shows still last?
    .why = When it ends, phones refuse to sync: every health worker is cut off on the same morning.
    .remedy = Renew the certificate now, then find out why automation did not.
    .pass = The certificate on { $address } lasts until { $date }, { $days } more days of { $lifetime }.
    .due = The certificate on { $address } ends on { $date }, in { $days } days: its renewal is overdue.
    .ending = The certificate on { $address } ends on { $date }, in { $days } days. Phones stop syncing that day.
    .ended = The certificate on { $address } ended on { $date }, { $days } days ago. Phones cannot sync.
    .not-yet = The certificate on { $address } is valid only from { $date }. Until then phones cannot sync.
    .yes = { $by } said on { $date } that the certificate has enough time left.
    .partly = { $by } said on { $date } that the certificate will have to be renewed soon.
    .no = { $by } said on { $date } that the certificate is about to end or has ended.
    .unknown = How long the certificate lasts is not known. A run with network access to the site settles it.
