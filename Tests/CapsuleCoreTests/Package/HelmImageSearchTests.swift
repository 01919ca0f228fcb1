import CapsuleCore
import Testing

@Suite("Values that name images")
struct HelmImageSearchTests {
    @Test("A line of a template ends as its editor writes it", arguments: ["\n", "\r\n"])
    func lineEnds(_ end: String) throws {
        let template = [
            "kind: Deployment", "checksum: sha256:{{ .Values.salt }}",
            "image: {{ .Values.image.repository }}@{{ .Values.image.digest }}", "",
        ].joined(separator: end)
        let files = [
            PackageFile(path: try RelativePath("Chart.yaml"), content: Array("name: shop\nversion: 1.0.0\n".utf8)),
            PackageFile(
                path: try RelativePath("values.yaml"),
                content: Array("salt: a\nimage: {repository: example/shop, digest: \"\"}\n".utf8)),
            PackageFile(path: try RelativePath("templates/web.yaml"), content: Array(template.utf8)),
        ]
        let found = HelmImageSearch(files, application: "example/shop", imageName: nil, others: [])
        #expect(found.application?.templates == ["image.digest": "{digest}", "image.repository": "{repository}"])
    }
}
