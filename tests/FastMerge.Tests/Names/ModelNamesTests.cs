using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Names;

namespace FastMerge.Tests.Names;

/// <summary>Names of known families, of models of none, and of no model at all.</summary>
public class ModelNamesTests
{
    public static TheoryData<string> Files => [.. NameList.Files];

    [Theory]
    [MemberData(nameof(Files))]
    public void Names_OfFamilies_AreWhatTheyAre(string file)
    {
        var list = NameList.Read(file);
        var model = list.Model;
        Assert.Equal(list.Family, model.Family);
        var wrong = list.Names.Where(n => model[n.Text] with { LayerDigits = default } != n)
            .Select(n => $"{n}\n{model[n.Text]}");
        Assert.True(!wrong.Any(), string.Join("\n\n", wrong.Take(10)));
        Assert.Equal(list.Names.Select(n => n.Module).Distinct().Order(), model.Modules.Order());
    }

    [Fact]
    public void Families_HaveLists()
    {
        var listed = NameList.All.Select(l => l.Family).ToHashSet();
        Assert.All(FamilyCatalog.All, f => Assert.Contains(f.Name, listed));
    }

    [Theory]
    [InlineData("llama", "", 32)]
    [InlineData("deepseek_v3", "", 61)]
    [InlineData("deepseek_v3-names", "", 4)]
    [InlineData("glm4_moe", "", 92)]
    [InlineData("qwen3_next", "", 48)]
    [InlineData("gemma3", "text_decoder", 27)]
    [InlineData("qwen2_vl", "multi_modal_projector", 0)]
    [InlineData("t5", "decoder", 24)]
    [InlineData("whisper", "encoder", 32)]
    [InlineData("clip", "vision_model", 12)]
    public void Layers_AreCounted(string file, string module, int count) =>
        Assert.Equal(count, NameList.Read(file).Model.LayerCount(module));

    [Theory]
    [InlineData("llama-tied", "lm_head.weight", "model.embed_tokens.weight")]
    [InlineData("gemma", "lm_head.weight", "model.embed_tokens.weight")]
    [InlineData("gpt2", "lm_head.weight", "wte.weight")]
    [InlineData("whisper", "proj_out.weight", "model.decoder.embed_tokens.weight")]
    [InlineData("t5", "lm_head.weight", "shared.weight")]
    [InlineData("t5-names", "decoder.embed_tokens.weight", "shared.weight")]
    [InlineData("bert", "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight")]
    [InlineData("gemma3", "language_model.lm_head.weight", "language_model.model.embed_tokens.weight")]
    [InlineData("qwen3_vl", "lm_head.weight", "model.language_model.embed_tokens.weight")]
    [InlineData("deepseek_v3", "lm_head.weight", "model.embed_tokens.weight")]
    [InlineData("deepseek_v3", "model.layers.61.shared_head.head.weight", null)]
    [InlineData("llama", "model.layers.0.mlp.up_proj.weight", null)]
    [InlineData("llama", "model.embed_tokens.weight", null)]
    [InlineData("phi", "lm_head.bias", null)]
    [InlineData("vit", "lm_head.weight", null)]
    public void StandIn_IsTheEmbedding(string file, string name, string? expected) =>
        Assert.Equal(expected, NameList.Read(file).Model.StandIn(name));

    [Fact]
    public void UnknownFamily_OneStack_HasGeneralRules()
    {
        var model = ModelNames.Of(JsonNode.Parse("""{"model_type": "new"}""")!.AsObject(),
        [
            "backbone.blocks.0.mixer.weight", "backbone.blocks.11.moe.experts.3.up.weight",
            "backbone.blocks.11.moe.router.weight", "backbone.embed_tokens.weight", "backbone.norm.weight", "extra",
        ]);
        Assert.Null(model.Family);
        Assert.Equal([""], model.Modules);
        Assert.Equal(12, model.LayerCount(""));
        Assert.Equal((11, 3, TensorRole.Expert), Facts(model["backbone.blocks.11.moe.experts.3.up.weight"]));
        Assert.Equal((11, null, TensorRole.Router), Facts(model["backbone.blocks.11.moe.router.weight"]));
        Assert.Equal((null, null, TensorRole.FinalNorm), Facts(model["backbone.norm.weight"]));
        Assert.Equal((null, null, TensorRole.Other), Facts(model["extra"]));
        Assert.Equal("backbone.embed_tokens.weight", model.StandIn("lm_head.weight"));
    }

    [Fact]
    public void UnknownFamily_SeveralStacks_AreModules()
    {
        var model = ModelNames.Of(null,
        [
            "model.language_model.layers.0.mlp.up.weight", "model.language_model.layers.0.mlp.down.weight",
            "model.vision.encoder.layers.0.mlp.up.weight", "model.vision.patch_embed.weight", "lm_head.weight",
            "model.language_model.embed_tokens.weight",
        ]);
        Assert.Equal(["language_model", "vision"], model.Modules);
        Assert.Equal("vision", model["model.vision.encoder.layers.0.mlp.up.weight"].Module);
        Assert.Equal("vision", model["model.vision.patch_embed.weight"].Module);
        Assert.Equal("language_model", model["lm_head.weight"].Module);
        Assert.Equal(1, model.LayerCount("vision"));
    }

    [Fact]
    public void UnknownFamily_WithoutStackWords_CountsByFirstNumber()
    {
        var model = ModelNames.Of(null, ["net.0.weight", "net.2.bias", "head.weight"]);
        Assert.Equal(2, model["net.2.bias"].Layer);
        Assert.Equal("net.7.bias", model["net.2.bias"].AtLayer(7));
        Assert.Null(model["head.weight"].Layer);
    }

    [Fact]
    public void Names_NotOfTheModel_AreRead() =>
        Assert.Equal(99, NameList.Read("llama").Model["model.layers.99.mlp.up_proj.weight"].Layer);

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("layers")]
    [InlineData("layers.")]
    [InlineData("layers.99999999999999999999.x")]
    [InlineData("layers.-1.x")]
    [InlineData("layers.\u0663.x")]
    [InlineData("..layers..0..")]
    public void Names_OfNoShape_HaveNoLayer(string name)
    {
        Assert.Null(ModelNames.Of(null, [name, "layers.1.x"])[name].Layer);
        Assert.Null(NameList.Read("llama").Model[name].Layer);
        Assert.Equal(name, ModelNames.Of(null, [name, "layers.1.x"])[name].AtLayer(4));
    }

    /// <summary>Names put together at random from words of all kinds: any is read, and its own layer gives it
    /// back.</summary>
    [Fact]
    public void AtLayer_OwnLayer_IsTheName()
    {
        string[] words =
        [
            "model", "layers", "layer", "h", "block", "experts", "0", "1", "007", "42", "2147483648", "mlp", "gate",
            "weight", "", "mtp", "encoder", "decoder", "self_attn", "norm", "embed_tokens", "lm_head", "\u00e9",
        ];
        var random = new Random(7);
        var models = NameList.All.Select(l => l.Model).Append(ModelNames.Of(null, [])).ToArray();
        for (var i = 0; i < 20_000; i++)
        {
            var count = random.Next(1, 8);
            var name = string.Join('.', Enumerable.Range(0, count).Select(_ => words[random.Next(words.Length)]));
            var read = models[i % models.Length][name];
            if (read.Layer is not { } layer) Assert.Equal(name, read.AtLayer(3));
            else
            {
                Assert.Equal(name, read.AtLayer(layer));
                var moved = models[i % models.Length][read.AtLayer(layer + 5)];
                Assert.Equal((layer + 5, read.Role, read.Expert), (moved.Layer, moved.Role, moved.Expert));
            }
        }
    }

    static (int? Layer, int? Expert, TensorRole Role) Facts(TensorName name) => (name.Layer, name.Expert, name.Role);
}
