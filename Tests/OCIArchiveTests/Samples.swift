import Archive
import OCI

/// An image with a signature attached, in memory.
struct Sample {
    let store = MemoryStore()
    let tag: Tag
    let image: Descriptor
    let referrer: Descriptor
    let layer: Descriptor
    let layerBytes: [UInt8]
    private static let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    init() throws {
        tag = try Tag("git-0cc4cd87f40ae606d1822d5652b552f8c50a4668")
        layerBytes = Self.bytes
        layer = store.add(layerBytes, mediaType: MediaType.layerTarGzip)
        let config = store.add(Array("{}".utf8), mediaType: "application/vnd.oci.image.config.v1+json")
        image = store.add(
            try RawManifest(encoding: ImageManifest(config: config, layers: [layer])), tag: tag)
        let empty = store.add(Array("{}".utf8), mediaType: MediaType.emptyJSON)
        let payload = store.add(Array("signed".utf8), mediaType: "text/plain")
        referrer = store.add(
            try RawManifest(
                encoding: ImageManifest(
                    artifactType: "application/vnd.example.signature", config: empty, layers: [payload],
                    subject: image.target)))
    }
}

/// A tar entry with a header that may say anything.
func entry(
    _ name: String, _ content: [UInt8] = [], type: Character = "0", size: [UInt8]? = nil, link: String = "",
    magic: String = "ustar\u{0}00"
) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
        block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }
    put(name.utf8.prefix(100), at: 0)
    put("0000644\0".utf8, at: 100)
    put(size ?? octal(content.count, 11), at: 124)
    put("00000000001\0".utf8, at: 136)
    put("        ".utf8, at: 148)
    block[156] = type.asciiValue ?? 0
    put(link.utf8, at: 157)
    put(magic.utf8, at: 257)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, 0x20], at: 148)
    return block + content + TarHeader.padding(after: Int64(content.count))
}

func pax(_ records: (String, String)..., type: Character = "x") -> [UInt8] {
    entry(
        "PaxHeader",
        records.flatMap { key, value in
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while String(length).utf8.count + rest.utf8.count != length { length += 1 }
            return Array("\(length)\(rest)".utf8)
        }, type: type)
}

let marker = entry("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
let emptyIndex = entry("index.json", Array(#"{"schemaVersion":2,"manifests":[]}"#.utf8))
let end = [UInt8](repeating: 0, count: 1024)
