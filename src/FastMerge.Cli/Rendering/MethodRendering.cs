namespace FastMerge.Cli.Rendering;

/// <summary>The method catalogue for people and programs.</summary>
static class MethodRendering
{
    /// <summary>One line for each method.</summary>
    public static void WriteTable(Session session, IEnumerable<MethodInfo> methods)
    {
        var table = new TextTable("method", "models", "what it does");
        foreach (var m in methods) table.Add(m.Name, Models(m), m.Summary);
        table.Write(session.Out, session.OutColors);
    }

    /// <summary>One method with its parameters.</summary>
    public static void WriteDetails(Session session, MethodInfo method)
    {
        var output = session.Out;
        output.WriteLine($"{session.OutColors.Bold(method.Name)}: {method.Summary}");
        output.WriteLine($"source  {method.Source}");
        output.WriteLine($"base    {method.Base}");
        output.WriteLine($"models  {Models(method)}");
        if (method.Parameters.Count == 0) return;
        output.WriteLine();
        var table = new TextTable("parameter", "for", "accepts", "default", "what it does");
        foreach (var p in method.Parameters)
            table.Add(p.Name, p.PerModel ? "each model" : "the merge", p.Accepts, p.Default ?? "required", p.Summary);
        table.Write(output, session.OutColors);
    }

    /// <summary>A <c>method</c> event.</summary>
    public static void WriteJson(Session session, MethodInfo method) => session.Json.Write("method", json =>
    {
        json.WriteString("name", method.Name);
        json.WriteString("summary", method.Summary);
        json.WriteString("source", method.Source);
        json.WriteString("base", method.Base);
        json.WriteNumber("min_models", method.MinModels);
        if (method.MaxModels is { } most) json.WriteNumber("max_models", most);
        else json.WriteNull("max_models");
        json.WriteObjects("parameters", method.Parameters, p =>
        {
            json.WriteString("name", p.Name);
            json.WriteString("summary", p.Summary);
            json.WriteBoolean("per_model", p.PerModel);
            json.WriteString("accepts", p.Accepts);
            json.WriteString("default", p.Default);
        });
    });

    static string Models(MethodInfo method) => method.MaxModels switch
    {
        null => $"{method.MinModels} or more",
        var most when most == method.MinModels => $"{most}",
        var most => $"{method.MinModels} to {most}",
    };
}
