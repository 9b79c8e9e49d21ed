use super::*;
use crate::Id;

fn medium() -> Media {
    let announced = Announced {
        product_id: None,
        filename: Text::try_from("bag.jpg").unwrap(),
        content_type: PictureType::Jpeg,
        content_length: 7,
    };
    Media::new(MediaId::from_bits(1), VendorId::from_bits(2), announced, Timestamp::from_secs(1))
}

fn variants() -> BTreeMap<Size, Rendition> {
    let file = |kind, key: &str, bytes| File { kind, key: key.to_owned(), bytes };
    let rendition = |name: &str| Rendition {
        width: 3,
        height: 2,
        files: vec![file(PictureType::Webp, &format!("{name}.webp"), 5), file(PictureType::Jpeg, name, 9)],
    };
    Size::ALL.map(|size| (size, rendition(size.as_str()))).into()
}

#[test]
fn a_medium_is_settled_one_way_or_the_other() {
    use MediaEvent::{Made, Refused};
    use MediaStatus::{Pending, Ready, Rejected};
    let expected = [
        (Pending, Made, Some(Ready)),
        (Pending, Refused, Some(Rejected)),
        (Ready, Made, Some(Ready)),
        (Ready, Refused, None),
        (Rejected, Made, None),
        (Rejected, Refused, Some(Rejected)),
    ];
    assert_eq!(expected.len(), MediaStatus::ALL.len() * 2);
    for (state, event, next) in expected {
        assert_eq!(state.on(event).ok(), next, "{state:?} on {event:?}");
    }
}

#[test]
fn the_first_upload_settles_it() {
    let now = Timestamp::from_secs(2);
    let ready = medium().made("one".to_owned(), variants(), now).unwrap().unwrap();
    assert_eq!((ready.status, ready.etag.as_deref(), ready.version), (MediaStatus::Ready, Some("one"), 2));
    assert_eq!(ready.updated_at, now);
    assert_eq!(ready.made("two".to_owned(), BTreeMap::new(), now), Ok(None));
    assert!(ready.refused("two".to_owned(), RejectReason::Corrupt, now).is_err());
}

#[test]
fn the_variants_are_shown_under_the_base_url_and_the_last_file_is_for_everybody() {
    assert_eq!(medium().shown("https://cdn"), BTreeMap::new());
    assert_eq!(medium().image("https://cdn"), None);
    let ready = medium().made("one".to_owned(), variants(), Timestamp::default()).unwrap().unwrap();
    let shown = serde_json::to_value(ready.shown("https://cdn")).unwrap();
    assert_eq!(
        shown["thumbnail"],
        serde_json::json!({"url": "https://cdn/thumbnail", "width": 3, "height": 2, "bytes": 9, "sources": [
            {"type": "image/webp", "url": "https://cdn/thumbnail.webp", "bytes": 5},
            {"type": "image/jpeg", "url": "https://cdn/thumbnail", "bytes": 9},
        ]})
    );
    let image = ready.image("https://cdn").unwrap();
    assert_eq!(
        (image.url.as_str(), image.thumbnail_url.as_str()),
        ("https://cdn/large", "https://cdn/small")
    );
}

#[test]
fn variants_fit_inside_and_keep_their_proportions() {
    for (size, picture, fitted) in [
        (Size::Large, (4000, 3000), (1200, 900)),
        (Size::Large, (3000, 4000), (900, 1200)),
        (Size::Large, (1200, 1200), (1200, 1200)),
        (Size::Large, (1199, 3), (1199, 3)),
        (Size::Thumbnail, (1, 1), (1, 1)),
        (Size::Thumbnail, (12_000, 1), (150, 1)),
        (Size::Small, (2725, 2225), (300, 245)),
    ] {
        assert_eq!(size.fit(picture.0, picture.1), fitted, "{size:?} of {picture:?}");
    }
}

#[test]
fn a_key_tells_whose_upload_it_is() {
    let (vendor, id) = (VendorId::from_bits(2), MediaId::from_bits(1));
    assert_eq!(upload_of(&upload_key(vendor, id)), Some((vendor, id)));
    for other in
        ["", "uploads/", "uploads/a/b", &format!("media/{vendor}/{id}"), &format!("uploads/{vendor}/{id}/x")]
    {
        assert_eq!(upload_of(other), None, "{other}");
    }
}

#[test]
fn the_names_in_the_table_are_those_of_the_api() {
    for reason in [
        RejectReason::UnsupportedType,
        RejectReason::TooLarge,
        RejectReason::TooManyPixels,
        RejectReason::Corrupt,
    ] {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
    for size in Size::ALL {
        assert_eq!(serde_json::to_value(size).unwrap(), size.as_str());
    }
    for kind in [PictureType::Jpeg, PictureType::Png, PictureType::Webp] {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}
