using FastMerge.Checkpoint;

namespace FastMerge.Tests.Checkpoint;

public sealed class SideFilesTests : IDisposable
{
    readonly TestFolder _folder = new();

    public SideFilesTests() => _folder.WriteTensors("model.safetensors", TestFolder.F32("a"));

    public void Dispose() => _folder.Dispose();

    string[] Find(string model = "") =>
        [.. SideFiles.Find(_folder.Open(model), FileStorage.Instance).Select(file => file.FileName)];

    [Fact]
    public void TokenizerAndGenerationFiles_AreCopiedAndNothingElse()
    {
        string[] copied =
        [
            "LICENSE", "LICENSE.txt", "added_tokens.json", "chat_template.jinja", "generation_config.json",
            "merges.txt", "preprocessor_config.json", "qwen.tiktoken", "special_tokens_map.json", "tokenizer.json",
            "tokenizer.model", "tokenizer_config.json", "vocab.json",
        ];
        string[] left =
        [
            "config.json", "README.md", "pytorch_model.bin", "training_args.bin", "fastmerge.lock.json",
            "modeling_x.py", "tokenizer.py", "tokenization.py", "optimizer.pt", ".gitattributes",
        ];
        foreach (var name in copied.Concat(left)) _folder.Write(name, "{}");
        Directory.CreateDirectory(_folder["tokenizer"]);
        File.CreateSymbolicLink(_folder["vocab.txt"], "nowhere");
        Assert.Equal(copied, Find());
    }

    [Fact]
    public void CodeThatAutoMapNames_ComesWithWhatItImports()
    {
        _folder.Write(
            "config.json", """{"auto_map": {"AutoModel": "modeling_x.M", "AutoConfig": "a/b--other.C", "z": 1}}""");
        _folder.Write(
            "tokenizer_config.json", """{"auto_map": {"AutoTokenizer": [null, "tok_x.T"], "y": ["../up.X"]}}""");
        _folder.Write(
            "modeling_x.py", "import os\nfrom .parts import A\n  from .modeling_x import B\nfrom . import c\n");
        _folder.Write("parts.py", "");
        _folder.Write("tok_x.py", "from .absent import D");
        _folder.Write("other.py", "");
        Assert.Equal(["modeling_x.py", "parts.py", "tok_x.py", "tokenizer_config.json"], Find());
    }

    [Fact]
    public void ASingleFile_HasNone()
    {
        _folder.Write("tokenizer.json", "{}");
        _folder.WriteTensors("part.safetensors", TestFolder.F32("a"));
        Assert.Empty(Find("part.safetensors"));
        Assert.Equal(["tokenizer.json"], Find());
    }
}
