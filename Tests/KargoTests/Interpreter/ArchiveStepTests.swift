import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import KargoTestSupport
import OCI
import Support
import Testing

@Suite("Downloads and archives, interpreted")
struct ArchiveStepTests {
    @Test("untar extracts files, directories and links inside the archive, and silently leaves out the rest")
    func rules() async throws {
        try await Bench.with { bench in
            let tree = "\(bench.directory)/tree"
            try writeFile("\(tree)/a/file", "1")
            try await Tool.output(
                [
                    "sh", "-c",
                    "chmod 755 a/file; ln a/file hard; ln -s a/file link; ln -s ../x out; mkdir empty; mkdir .git; touch .git/x",
                ], in: tree)
            try await Tool.output(
                [
                    "tar", "-cPf", "../files.tar", "--transform", "s,^a/dotted,./a/dotted,", "a/file", "hard", "link",
                    "out",
                    "empty", ".git",
                ], in: tree)
            try writeFile("\(tree)/dotted", "2")
            try await Tool.output(["tar", "-rf", "../files.tar", "./dotted"], in: tree)
            let long = String(repeating: "long/", count: 30) + "name"
            try writeFile("\(tree)/\(long)", "3")
            for format in ["pax", "gnu"] {
                try await Tool.output(["tar", "-cf", "../\(format).tar", "--format", format, long], in: tree)
                try await Tool.output(["gzip", "-k", "../\(format).tar"], in: tree)
            }
            var runner = try bench.promotion(
                """
                - {uses: untar, as: plain, config: {inPath: ./files.tar, outPath: ./plain}}
                - {uses: untar, as: stripped, config: {inPath: ./files.tar, outPath: ./stripped, stripComponents: 1}}
                - {uses: untar, as: pax, config: {inPath: ./pax.tar.gz, outPath: ./pax}}
                - {uses: untar, as: gnu, config: {inPath: ./gnu.tar.gz, outPath: ./gnu}}
                - {uses: untar, as: missing, config: {inPath: ./none.tar, outPath: ./none}}
                """)
            try await Tool.output(["sh", "-c", "cp *.tar *.gz \(runner.workDirectory)/"], in: bench.directory)
            #expect(try await runner.run().isErrored)
            #expect(runner.status("missing") == .errored)
            #expect(listTree("\(runner.workDirectory)/plain") == ["a", "a/file", "empty", "link"])
            #expect(listTree("\(runner.workDirectory)/stripped") == ["dotted", "file", "x"])
            for format in ["pax", "gnu"] {
                #expect(try readFile("\(runner.workDirectory)/\(format)/\(long)") == Array("3".utf8))
            }
        }
    }

    @Test(
        "untar takes files of 50 MiB and 100 MiB in all, and not a byte more",
        arguments: [(["50M"], false), (["52428801"], true), (["50M", "50M"], false), (["50M", "50M", "1"], true)])
    func sizes(files: [String], fails: Bool) async throws {
        try await Bench.with { bench in
            var runner = try bench.promotion("- {uses: untar, as: a, config: {inPath: ./a.tar, outPath: ./a}}")
            for (index, size) in files.enumerated() {
                try await Tool.output(["truncate", "-s", size, "f\(index)"], in: bench.directory)
            }
            try await Tool.output(
                ["tar", "-cf", "\(runner.workDirectory)/a.tar"] + files.indices.map { "f\($0)" },
                in: bench.directory)
            #expect(try await runner.run().isErrored == fails)
        }
    }

    @Test(
        "oci-download takes one layer by digest or tag, checks it, and does not overwrite",
        .enabled(if: Tool.exists("docker-registry") && Tool.exists("skopeo")))
    func download() async throws {
        try await withDockerRegistry { registry in
            try await Bench.with(addresses: ["registry.example.com": registry.host]) { bench in
                let layers = [("application/x-first", "one"), ("application/x-second", "two")]
                let digest = try writeLayout("\(bench.directory)/layout", layers)
                try await Tool.output(
                    [
                        "skopeo", "copy", "-q", "--dest-tls-verify=false", "--insecure-policy",
                        "oci:\(bench.directory)/layout:v1",
                        "docker://\(registry.repository("shop/release")):v1",
                    ])
                let name = "registry.example.com/shop/release"
                let (phase, runner) = try await bench.run(
                    """
                    - {uses: oci-download, as: tag, config: {imageRef: "\(name):v1", outPath: ./d/one}}
                    - {uses: oci-download, as: digest, config: {imageRef: "\(name)@\(digest)", outPath: ./two, mediaType: application/x-second}}
                    - {uses: oci-download, as: over, config: {imageRef: "\(name):v1", outPath: ./two, allowOverwrite: true}}
                    - {uses: oci-download, as: again, config: {imageRef: "\(name):v1", outPath: ./two}}
                    """)
                #expect(phase.isErrored)
                #expect(runner.status("over") == .succeeded)
                #expect(runner.message("again")?.contains("already exists") == true)
                #expect(try readFile("\(runner.workDirectory)/d/one") == Array("one".utf8))
                #expect(try readFile("\(runner.workDirectory)/two") == Array("one".utf8))
                for reference in [
                    "\(name):v1@\(digest)", "\(name)", "\(name)@sha256:\(String(repeating: "0", count: 64))",
                ] {
                    let (phase, _) = try await bench.run(
                        "- {uses: oci-download, as: a, config: {imageRef: \"\(reference)\", outPath: ./x}}")
                    #expect(phase.isErrored, "\(reference)")
                }
            }
            try await Bench.with(minorVersion: 9) { bench in
                let (_, runner) = try await bench.run(
                    "- {uses: oci-download, as: a, config: {imageRef: \"\(registry.host)/shop/release:v1\", outPath: ./x}}"
                )
                #expect(runner.message("a")?.contains("invalid configuration") == true)
            }
        }
    }

    /// Writes an image of plain layers, and returns its digest.
    private func writeLayout(_ path: String, _ layers: [(type: String, text: String)]) throws -> Digest {
        var blobs = [Array("{}".utf8)]
        var descriptors: [String] = []
        for layer in layers {
            let content = Array(layer.text.utf8)
            blobs.append(content)
            descriptors.append(
                #"{"mediaType":"\#(layer.type)","digest":"\#(Digest.sha256(of: content))","size":\#(content.count)}"#)
        }
        let manifest = Array(
            (#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/x-config","digest":"\#(Digest.sha256(of: blobs[0]))","size":2},"layers":["#
                + descriptors.joined(separator: ",") + "]}").utf8)
        for blob in blobs + [manifest] { try writeFile("\(path)/blobs/sha256/\(Digest.sha256(of: blob).hex)", blob) }
        try writeFile("\(path)/oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        try writeFile(
            "\(path)/index.json",
            #"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(Digest.sha256(of: manifest))","size":\#(manifest.count),"annotations":{"org.opencontainers.image.ref.name":"v1"}}]}"#
        )
        return Digest.sha256(of: manifest)
    }
}
