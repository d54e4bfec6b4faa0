From: "Example Colleague" <colleague@example.org>
To: dmarc@example.com
Subject: Re: reports
Date: Tue, 20 Oct 2026 09:12:44 +0000
Message-ID: <thanks-1@example.org>
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Thanks, they arrive now.
