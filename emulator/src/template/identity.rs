//! Names, ids and ARNs that AWS would make up: here a function of the stack, so that every load gives the same ones.

use sha2::{Digest, Sha256};

use crate::deployment::Stack;

const UPPER: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOWER: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

impl Default for Stack {
    /// Stack `stepgate` of account 123456789012 in us-east-1.
    fn default() -> Self {
        Self::new("stepgate", "us-east-1", "123456789012")
    }
}

impl Stack {
    /// A stack; the partition follows from the region.
    #[must_use]
    pub(crate) fn new(name: &str, region: &str, account: &str) -> Self {
        let partition = match region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let [name, region, account, partition] = [name, region, account, partition].map(str::to_owned);
        Self { name, region, account, partition }
    }

    /// The value of a pseudo parameter that is text.
    pub(super) fn pseudo(&self, name: &str) -> Option<String> {
        Some(match name {
            "AWS::AccountId" => self.account.clone(),
            "AWS::Partition" => self.partition.clone(),
            "AWS::Region" => self.region.clone(),
            "AWS::StackName" => self.name.clone(),
            "AWS::StackId" => self.id(),
            "AWS::URLSuffix" => self.url_suffix().to_owned(),
            _ => return None,
        })
    }

    /// `AWS::StackId`.
    pub(super) fn id(&self) -> String {
        self.arn("cloudformation", &format!("stack/{}/{}", self.name, self.uuid("stack")))
    }

    /// `AWS::URLSuffix`.
    pub(super) fn url_suffix(&self) -> &'static str {
        if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    /// The ARN of something in this account and region.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    /// An IAM ARN, which has no region.
    pub(super) fn iam_arn(&self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.account)
    }

    /// The name of a resource that is given none: stack, logical id and twelve characters.
    pub(super) fn generated_name(&self, id: &str) -> String {
        format!("{}-{id}-{}", self.name, self.letters(id, UPPER, 12))
    }

    /// The name of a state machine that is given none, which has no stack in it.
    pub(super) fn generated_machine_name(&self, id: &str) -> String {
        format!("{id}-{}", self.letters(id, UPPER, 12))
    }

    /// Letters and digits that stand for something.
    pub(super) fn letters_of(&self, id: &str, count: usize) -> String {
        self.letters(id, UPPER, count)
    }

    /// A UUID that stands for something.
    pub(super) fn uuid(&self, id: &str) -> uuid::Uuid {
        let digest = self.digest(id);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        uuid::Uuid::from_bytes(half)
    }

    /// The ten characters that name a REST API or one of its resources.
    pub(super) fn api_id(&self, id: &str) -> String {
        self.letters(id, LOWER, 10)
    }

    fn letters(&self, id: &str, alphabet: &[u8; 32], count: usize) -> String {
        self.digest(id).iter().take(count).map(|byte| char::from(alphabet[usize::from(byte % 32)])).collect()
    }

    fn digest(&self, id: &str) -> [u8; 32] {
        Sha256::digest(format!("{}/{}/{}/{id}", self.account, self.region, self.name)).into()
    }
}
