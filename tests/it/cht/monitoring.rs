//! The monitoring API: older answers, and values that the server could not compute.

use super::*;

fn serve_monitoring(value: &Value) -> Option<Served> {
    serve_captures(vec![("/api/v2/monitoring", capture_with("cht-core-5.2.0/monitoring-v2-interval", &value.to_string()))])
}

/// CHT 4.9: no sizes, no lists of indexes, no replication failures.
#[test]
fn an_older_cht() {
    let mut value = captured_monitoring();
    value["version"]["app"] = json!("4.9.0");
    value.as_object_mut().expect("an object").remove("replication_failure");
    for (_, database) in value["couchdb"].as_object_mut().expect("an object") {
        let database = database.as_object_mut().expect("an object");
        for key in ["sizes", "view_indexes", "nouveau_indexes"] {
            database.remove(key);
        }
    }
    let Some(served) = serve_monitoring(&value) else { return };
    let looked = look(&served, &[Monitor]);
    let medic = &monitored(&looked).databases["medic"];
    assert_eq!((medic.file_bytes, medic.index_bytes, medic.search_indexes), (None, None, None));
    assert!(medic.docs.is_some() && medic.fragmentation_percent.is_some());
    assert_eq!(monitored(&looked).not_computed, Vec::<String>::new());
}

#[test]
fn version_1_of_the_api_where_version_2_is_unknown() {
    // 404, and the 401 of a CHT that takes the path for one of CouchDB's
    for unknown in [capture("cht-core-5.2.0/wellknown-assetlinks"), capture("cht-core-5.2.0/couch-all-dbs-anon")] {
        let Some(served) = serve_captures(vec![("/api/v2/monitoring", unknown)]) else { return };
        let looked = look(&served, &[Monitor]);
        assert_eq!((monitored(&looked).api, monitored(&looked).app.as_deref()), (1, Some("5.2.0")));
        assert_eq!(served.paths(), ["/api/v2/monitoring", "/api/v1/monitoring"]);
    }
    // a 401 of somebody else, and an outage, are no reason to ask twice
    for other in [reply("401 Unauthorized", "text/html", "login"), reply("403 Forbidden", "application/json", "{}")] {
        let Some(served) = serve_captures(vec![("/api/v2/monitoring", other)]) else { return };
        assert_eq!(missed(&look(&served, &[Monitor]), Monitor).0, CauseKind::Status);
        assert_eq!(served.paths(), ["/api/v2/monitoring"]);
    }
}

/// As seen with a frozen CouchDB: a 200 whose numbers are -1, whose names are empty and whose lists are too.
#[test]
fn a_dead_database_behind_a_200() {
    fn kill(value: &mut Value) {
        match value {
            Value::Number(_) => *value = json!(-1),
            Value::String(text) => text.clear(),
            Value::Array(list) => list.clear(),
            Value::Object(map) => map.values_mut().for_each(kill),
            _ => {}
        }
    }
    let mut value = captured_monitoring();
    let (date, app) = (value["date"].clone(), value["version"]["app"].clone());
    kill(&mut value);
    value["date"] = date;
    value["version"]["app"] = app;
    value["version"]["node"] = json!("v22.23.3");
    let Some(served) = serve_monitoring(&value) else { return };
    let looked = look(&served, &[Monitor]);
    let facts = monitored(&looked);
    assert_eq!((facts.app.as_deref(), facts.couchdb.as_deref()), (Some("5.2.0"), None));
    assert_eq!((facts.sentinel_backlog, facts.users_over_limit, facts.connected_users), (None, None, None));
    assert!(facts.databases.values().all(|database| *database == Database::default()), "{facts:?}");
    assert_eq!(facts.databases.len(), 4);
    assert!(facts.uptime_seconds.is_some() && facts.clock_skew_ms.is_some());
    assert!(facts.is_database_away());
    for path in ["version.couchdb", "couchdb.medic.name", "couchdb.users.sizes.file", "sentinel.backlog", "messaging.outgoing.last_hundred.muted.denied"] {
        assert!(facts.not_computed.iter().any(|known| known == path), "{path}");
    }
    // numbers, four names and the version
    assert_eq!(facts.not_computed.len(), facts.numbers + 5);
}

#[test]
fn one_value_that_could_not_be_computed() {
    let mut value = captured_monitoring();
    value["couchdb"]["medic"]["view_indexes"][2]["sizes"]["file"] = json!(-1);
    value["couchdb"]["medic"]["nouveau_indexes"] = json!([]);
    value["date"]["current"] = json!("now");
    let Some(served) = serve_monitoring(&value) else { return };
    let looked = look(&served, &[Monitor]);
    let facts = monitored(&looked);
    assert_eq!(facts.not_computed, ["couchdb.medic.view_indexes.2.sizes.file", "date.current"]);
    assert_eq!((facts.databases["medic"].index_bytes, facts.databases["medic"].search_indexes), (None, Some(0)));
    assert_eq!(facts.clock_skew_ms, None);
    assert!(!facts.is_database_away());
}

#[test]
fn hostile_texts_are_cut_and_cleaned() {
    let mut value = captured_monitoring();
    value["version"]["app"] = json!(format!("5.2\u{1b}[31m\u{7}\n{}", "9".repeat(5000)));
    value["couchdb"]["evil\u{1b}[31m"] = json!({"doc_count": -1});
    let Some(served) = serve_monitoring(&value) else { return };
    let looked = look(&served, &[Monitor]);
    let app = monitored(&looked).app.as_deref().expect("a text");
    assert!(app.starts_with("5.2[31m99") && app.chars().count() == 200, "{app}");
    assert_eq!(monitored(&looked).databases.len(), 4);
}
