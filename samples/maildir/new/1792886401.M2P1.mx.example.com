Received: from freemail.example.org (freemail.example.org [192.0.2.200])
	by mx.example.com with ESMTPS id 4Xk3655
	for <dmarc@example.com>; Sun, 25 Oct 2026 04:09:59 +0000
From: "Example Freemail" <noreply-dmarc@freemail.example.org>
To: dmarc@example.com
Subject: Report Domain: example.org Submitter: freemail.example.org Report-ID: example.org.1792800000@freemail.example.org
Date: Sun, 25 Oct 2026 04:09:59 +0000
Message-ID: <example.org.1792800000.freemail.example.org@freemail.example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_report_dbf56a"

This is a message in MIME format.

--=_report_dbf56a
Content-Type: text/plain; charset="us-ascii"

This is an aggregate report from Example Freemail about example.org.

--=_report_dbf56a
Content-Type: application/gzip; name="freemail.example.org!example.org!1792800000!1792886399.xml.gz"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="freemail.example.org!example.org!1792800000!1792886399.xml.gz"

H4sIAAAAAAACA+1YzXKbMBC+5ykY34MMTv03CumlfYBOe2ZkWGyNQWIkEcdv3wUJjB3jZtK6zkzr
i2H/99tvNbLp00uRe8+gNJficRT445EHIpEpF+vH0Y/vX+/no6fojmYA6YolWw/NhX4cVUosOZhs
WTLFCr1E8VLoZVowldyHGCW68zzq4kYYlpL2pVYoKKUycQGGpcywWoZSqdaxYAVEX15YUebgfVUA
BeM5JZ3KWjbSSEiMk+/vm6yfM2fsg/X20YcSa+m8XoxicSKFYYmJucikl7O6TxCjaGNMqZeEnAtD
SqlNwbQBhRFfRXHhXVM8jXqufjBbhPNx/Rmo8OBmwyAgECusyzWLohWsOaLYRaLESlo9iNRq59PJ
YoElijYYOY1G1yBAMSNVh/K3pgBQ3oMfUnLQ14MiZyZFS5nzZB+X1SrnegNd4RKbE9FRc05mDUqc
mABKSveuW4FuJaKViFbC0i0vIoTdPjihLrNGVn+75FwnEim2r0vdyDQyCPaO5Vus4VRlPXBuASXd
9Axog6SPBCXtYwPAuWZx1IlUbSAld90ktKxUAjEvo2CBa+CH/gSndZC2domshIkmE0rsUyt32eCZ
5RVOLm0VtkOkITf1DlmQ+pKeXY1TybRGgw4yh3fmFB1uvQ5PcuLo274oT0EYnnHc4M5tAywFFWdK
Fscj7ysOBH2GXJZwxvxY5VK/SkhZZTaxAl3l5lDDSX+/IqAFAXJIanrXmxiOwymi0YoOVjaTQ8u9
dID109IelG8t4WLwA6XJac+1ccu7t1Fw7n8K/GCMPAyHWRhOp3+dhllzqt+WhitsOQEfdNkdyALM
DRmJlQS/ycaB/KctDtewDa6xD0NQf4TVCB4unNCz8bVWw27AB12N+myUlfETVVx7N16lGOamvgo3
B3v9COSczS6c27c/tZt+mO6HqK9S+xLw/lXhfTmNM6l2TKX1zbmR9w0TWRRInd4tfCvkTng9H2fS
S0iOM/6/v9zq/qJlZiwjrrgL4XiC1+ggmPiLC8d0EP6Tx/QfI+L7SWABfBcB8MeX+1chuvsJn9Ug
xogQAAA=

--=_report_dbf56a--
