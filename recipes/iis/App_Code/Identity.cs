using System;
using System.Web;

/// <summary>Tells the application who has signed in, whatever the client says.</summary>
public class Identity : IHttpModule
{
    private static readonly string Secret = Environment.GetEnvironmentVariable("PROXY_SECRET");

    public void Init(HttpApplication application)
    {
        application.PostAuthenticateRequest += (sender, arguments) => Tell(((HttpApplication)sender).Context);
    }

    private static void Tell(HttpContext context)
    {
        var isKnown = context.User != null && context.User.Identity.IsAuthenticated;
        var name = isKnown ? context.User.Identity.Name : "";
        context.Request.Headers.Set("Remote-User", Uri.EscapeDataString(name));
        context.Request.Headers.Set("X-Proxy-Secret", Secret);
    }

    public void Dispose()
    {
    }
}
